import type { JsonObject } from "../../client/contract-json.js";
import { readTextFile } from "./read-text.js";
import { UsageError } from "../command/usage-error.js";

/**
 * Messages with the results of calls.
 *
 * @param given each ID=FILE; an id has no = in it
 * @throws UsageError
 */
export async function readToolResults(given: readonly string[]): Promise<JsonObject[]> {
  const results: JsonObject[] = [];
  for (const text of given) {
    const at = text.indexOf("=");
    const path = text.slice(at + 1);
    if (at < 1 || path === "") {
      throw new UsageError([`--tool-result: ${JSON.stringify(text)} must be the id of a call, = and a file`]);
    }
    results.push({ role: "ROLE_TOOL", tool_call_id: text.slice(0, at), content: await readTextFile(path) });
  }
  return results;
}
