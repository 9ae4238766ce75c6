/**
 * Texts of desktop entries. Desktop Entry Specification 1.5.
 *
 * @module
 */

/** A line that only our entries have: what does not have it is not ours to replace or remove. */
const MARK = "X-StemJail=true";

/** Whether a text is one of ours. */
export function isOurs(text: string): boolean {
  return text.split("\n").includes(MARK);
}

/** Quotes an argument for an Exec line. */
function quoteArgument(text: string): string {
  const doubled = text.replaceAll("%", "%%");
  if (!/[\s"'\\<>~|&;$*?#()`]/.test(doubled)) return doubled;
  // Once for the quotes of the Exec line, and once for the string that the line is.
  const escaped = doubled.replace(/["`$\\]/g, (character) => `\\${character}`);
  return `"${escaped}"`.replaceAll("\\", "\\\\");
}

/** An Exec line's value that starts a command in a jail. */
function jailed(stemjail: string, rest: string): string {
  return `Exec=${quoteArgument(stemjail)} run ${rest}`;
}

/**
 * An entry like another one, whose program starts in a jail.
 *
 * @param text the other entry
 * @param stemjail path of the executable
 */
export function jailedEntry(text: string, stemjail: string): string {
  let isMain = false;
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("[")) isMain = line.trim() === "[Desktop Entry]";
    const [, key = "", value = ""] = /^([A-Za-z0-9-]+(?:\[[^\]]*\])?)\s*=\s*(.*)$/.exec(line) ?? [];
    // Started over the session bus, the program would be outside of any jail.
    if (key === "DBusActivatable") return [];
    if (key === "Exec") return [jailed(stemjail, `-- ${value}`)];
    if (isMain && /^Name(?:\[|$)/.test(key)) return [`${key}=${value} (StemJail)`];
    return line.trim() === "[Desktop Entry]" ? [line, MARK] : [line];
  }).join("\n");
}

/**
 * An entry for a profile's own command.
 *
 * @param profile the profile's name
 * @param stemjail path of the executable
 */
export function profileEntry(profile: string, stemjail: string): string {
  return [
    "[Desktop Entry]",
    MARK,
    "Type=Application",
    `Name=${profile.replaceAll("\\", "\\\\")} (StemJail)`,
    jailed(stemjail, `-p ${quoteArgument(profile)}`),
    "Terminal=false",
    "",
  ].join("\n");
}

/** The program that an entry starts, without its directory; empty when it starts none. */
export function programOf(text: string): string {
  const exec = /^Exec\s*=\s*(?:"([^"]*)"|(\S+))/m.exec(text);
  return (exec?.[1] ?? exec?.[2] ?? "").split("/").at(-1) ?? "";
}
