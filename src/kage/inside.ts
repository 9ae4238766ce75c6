/**
 * `stemjail shim` and `stemjail mount`, called outside a jail: inside there is another program of
 * that name (shim/inside.c), which is what they are for.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** Says where the command is to be used. */
export function inside(): never {
  throw new UserError(
    "This command is for programs inside a jail: `stemjail run -- sh` starts one to try it in",
  );
}
