import type { JsonObject } from "../rpc/client/contract-json.js";
import { readMessages } from "./messages-file.js";

/** Where the messages of a command line come from; each may be left out. */
export interface MessageSources {
  readonly system: string | undefined;
  /** Of a file of messages. */
  readonly path: string | undefined;
  /** What the user says. */
  readonly text: string | undefined;
}

/**
 * The messages that were given, in the order in which the model is to see them: the system's, those of the file, the user's.
 *
 * @throws UsageError
 */
export async function readGivenMessages({ system, path, text }: MessageSources): Promise<JsonObject[]> {
  return [
    ...(system === undefined ? [] : [{ role: "ROLE_SYSTEM", content: system }]),
    ...(path === undefined ? [] : await readMessages(path)),
    ...(text === undefined ? [] : [{ role: "ROLE_USER", content: text }]),
  ];
}
