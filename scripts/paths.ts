/**
 * Where the build reads and writes.
 *
 * @module
 */

/** The top of the source tree, with a slash at its end. */
export const root: string = decodeURIComponent(new URL("../", import.meta.url).pathname);
/** What is made on the way. */
export const buildDirectory: string = `${root}build`;
/** The one file that is the product. */
export const productPath: string = `${root}dist/stemjail`;
