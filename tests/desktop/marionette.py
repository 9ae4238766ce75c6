"""Asks a Firefox that was started with -marionette -remote-allow-system-access what its page about:support says of its sandbox.

Prints a JSON object: the rows of that page's sandbox table by their headings, and for each content
process its mode of seccomp, its number of filters, and its user namespace, beside that of this program.
"""

import json
import os
import socket
import time

PORT = 2828
OPEN = 'gBrowser.selectedTab = gBrowser.addTrustedTab("about:support")'
ROWS = """
const page = gBrowser.selectedBrowser.contentDocument;
return Array.from(page?.querySelectorAll("#sandbox-tbody tr") ?? [], (row) =>
  [row.cells[0].textContent, row.cells[1].textContent]);
"""


def connect():
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", PORT))
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise TimeoutError("Firefox does not listen")


def receive(stream):
    length = 0
    while (byte := stream.read(1)) != b":":
        length = length * 10 + int(byte)
    return json.loads(stream.read(length))


class Browser:
    """The protocol: each message is LENGTH:JSON; a command is [0, id, name, parameters]."""

    def __init__(self):
        self.connection = connect()
        self.stream = self.connection.makefile("rb")
        self.count = 0
        receive(self.stream)

    def command(self, name, parameters):
        self.count += 1
        message = json.dumps([0, self.count, name, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = receive(self.stream)
        if error:
            raise RuntimeError(f"{name}: {error['message']}")
        return result


def sandbox_rows(browser):
    browser.command("WebDriver:NewSession", {})
    # The window's own scripts may open what a page's may not.
    browser.command("Marionette:SetContext", {"value": "chrome"})
    browser.command("WebDriver:ExecuteScript", {"script": OPEN, "args": []})
    for _ in range(100):
        rows = browser.command("WebDriver:ExecuteScript", {"script": ROWS, "args": []})["value"]
        if rows:
            return dict(rows)
        time.sleep(0.1)
    raise TimeoutError("about:support says nothing of a sandbox")


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def content_processes():
    """What there is after a while: a process enters its sandbox some time after its start."""
    for _ in range(100):
        found = look_at_processes()
        if found and all(each["filters"] > 1 for each in found):
            break
        time.sleep(0.1)
    return found


def look_at_processes():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        # A child of the fork server has its arguments as one.
        if "firefox-esr -contentproc -isForBrowser" not in read(f"/proc/{pid}/cmdline"):
            continue
        try:
            users = os.readlink(f"/proc/{pid}/ns/user")
        except FileNotFoundError:
            continue
        lines = read(f"/proc/{pid}/status").splitlines()
        status = dict(line.split(":\t") for line in lines)
        mode, filters = (int(status.get(name, 0)) for name in ("Seccomp", "Seccomp_filters"))
        found.append({"mode": mode, "filters": filters, "users": users})
    return found


rows = sandbox_rows(Browser())
own = os.readlink("/proc/self/ns/user")
print(json.dumps({"rows": rows, "processes": content_processes(), "own": own}))
