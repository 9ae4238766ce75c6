/**
 * The keys of `[desktop]` that stand for files of the host: they are binds like any other.
 *
 * @module
 */
import type { Bind, DesktopFiles, DesktopSettings } from "./profile.ts";
import type { ProfileSource } from "./source.ts";

/** DRM's major number is 226; cards count from 0, the nodes for rendering alone from 128. */
const graphicsNodes = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((card) => [card, 128 + card]);

/** Read only, each optional: a missing one is not missed. */
const paths: Readonly<Record<DesktopFiles, readonly string[]>> = {
  fonts: [
    "~/.fonts",
    "~/.fonts.conf",
    "${XDG_DATA_HOME}/fonts",
    "${XDG_CONFIG_HOME}/fontconfig",
    "${XDG_CACHE_HOME}/fontconfig",
  ],
  themes: [
    "~/.themes",
    "~/.icons",
    "~/.gtkrc-2.0",
    "${XDG_DATA_HOME}/themes",
    "${XDG_DATA_HOME}/icons",
    "${XDG_CONFIG_HOME}/gtk-3.0",
    "${XDG_CONFIG_HOME}/gtk-4.0",
    "${XDG_CONFIG_HOME}/kdeglobals",
    "${XDG_CONFIG_HOME}/Kvantum",
    "${XDG_CONFIG_HOME}/qt5ct",
    "${XDG_CONFIG_HOME}/qt6ct",
  ],
  // What Mesa asks about a device before it opens it: vendor, model, bus.
  gpu: ["/sys/class/drm", ...graphicsNodes.map((minor) => `/sys/dev/char/226:${minor}/device`)],
};

/**
 * The binds that `[desktop]` stands for.
 *
 * @param desktop what a profile says
 * @param source the profile's text, for messages
 */
export function desktopBinds(desktop: DesktopSettings, source: ProfileSource): Bind[] {
  const keys = (["fonts", "themes", "gpu"] as const).filter((key) => desktop[key]);
  return keys.flatMap((index) =>
    paths[index].map((path) => ({
      path,
      write: false,
      optional: true,
      create: false,
      literal: true,
      source,
      index,
    }))
  );
}
