/**
 * `stemjail info`: the domain graph, with the running jails in it.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { messageOf, Status, UserError } from "../errors.ts";
import { query } from "./connect.ts";

type Form = "plain" | "dot" | "json" | "svg";

function chosenForm(given: Given): Form {
  const chosen = (["dot", "json", "svg"] as const).filter((form) => given.has(form));
  if (chosen.length <= 1) return chosen[0] ?? "plain";
  throw new UserError(
    `info: --${chosen[0]} and --${chosen[1]} exclude each other`,
    Status.usage,
  );
}

async function textOf(given: Given, form: Form): Promise<string> {
  const reply = await query(given, { type: "info", format: form === "svg" ? "dot" : form });
  if (reply.type !== "text") {
    throw new UserError(`The portal answers with ${reply.type}, and no text`);
  }
  if (form !== "svg") return reply.text;
  const { toSvg } = await import("../stemflow/svg.ts");
  return await toSvg(reply.text);
}

function write(file: string, text: string): number {
  try {
    Deno.writeTextFileSync(file, text);
    return Status.ok;
  } catch (error) {
    const reason = messageOf(error);
    throw new UserError(`Cannot write ${JSON.stringify(file)}: ${reason}`);
  }
}

/** Prints the graph or writes it to a file. */
export async function info(given: Given): Promise<number> {
  const file = given.value("output");
  if (file === undefined) Deno.permissions.revokeSync({ name: "write" });
  const text = await textOf(given, chosenForm(given));
  return file === undefined ? print(text) : write(file, text);
}
