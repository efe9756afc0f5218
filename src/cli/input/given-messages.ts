import type { JsonObject } from "../../client/contract-json.js";
import { readMessages } from "./messages-file.js";
import { readToolResults } from "./tool-results.js";

/** Where the messages of a command line come from; each may be left out. */
export interface MessageSources {
  readonly system: string | undefined;
  /** Of a file of messages. */
  readonly path: string | undefined;
  /** Of calls of tools, each ID=FILE. */
  readonly toolResults?: readonly string[];
  /** What the user says. */
  readonly text: string | undefined;
}

/**
 * The messages that were given, in the order in which the model is to see them: the system's, those of the file, results of calls, the user's.
 *
 * @throws UsageError
 */
export async function readGivenMessages(sources: MessageSources): Promise<JsonObject[]> {
  const { system, path, toolResults = [], text } = sources;
  return [
    ...(system === undefined ? [] : [{ role: "ROLE_SYSTEM", content: system }]),
    ...(path === undefined ? [] : await readMessages(path)),
    ...(await readToolResults(toolResults)),
    ...(text === undefined ? [] : [{ role: "ROLE_USER", content: text }]),
  ];
}
