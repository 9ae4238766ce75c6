#!/bin/sh
# Installs the Debian packages that the tests drive, as root; says what is missing otherwise.
# Quiet when all of them are there. The one list of them is this one.
set -eu

# The build: gcc libc6-dev. The rest are real programs to run in jails, tools that look at what
# happened, and other sandboxes to compare with.
packages='
  bash bubblewrap chromium clang clang-format coreutils curl dbus-daemon dnsmasq-base file
  firefox-esr firejail fish fonts-dejavu-core gcc git graphviz grep htop imagemagick iproute2 less
  libc6-dev libglib2.0-bin libpython3.13-testsuite libreoffice-writer-nogui make openssh-client
  openssh-server passt pipewire-bin procps proot psmisc python3 python3-dbus python3-gi
  python3-venv slirp4netns sqlite3 strace stress-ng tar tmux util-linux vim weston x11-utils xauth
  xdg-dbus-proxy xdotool xterm xvfb zip
  zsh
'

missing=''
for package in $packages; do
    state=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    case $state in
    ii*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo '########################################################################' >&2
    echo 'Tests that need these packages will be skipped or fail. Install them with' >&2
    echo "    sudo apt-get install$missing" >&2
    echo '########################################################################' >&2
    exit 0
fi

echo "Installing for the tests:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "stemjail: Cannot install$missing: see above" >&2
    exit 1
fi
