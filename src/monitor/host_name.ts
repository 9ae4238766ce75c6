/**
 * The jail's host name, which says its domain.
 *
 * @module
 */

/** What a label of a host name may have (RFC 1123). */
const MAXIMUM_BYTES = 63;

/**
 * A valid host name for a domain: letters, digits and single hyphens.
 *
 * @param domain the domain's name, such as `OpenBar ∩ Paranoid`
 */
export function hostNameOf(domain: string): string {
  const name = domain.replace(/[^A-Za-z0-9]+/g, "-").slice(0, MAXIMUM_BYTES).replace(/^-|-$/g, "");
  return name === "" ? "jail" : name;
}
