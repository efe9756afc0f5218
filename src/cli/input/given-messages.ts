import type { JsonObject } from "../../client/contract-json.js";
import { UsageError } from "../command/usage-error.js";
import { readTextFile } from "./read-text.js";

/** The sources of messages on a command line, each of which may be absent. */
export interface MessageSources {
  readonly system: string | undefined;
  /** The path of a file with messages. */
  readonly path: string | undefined;
  /** The results of tool calls, each as ID=FILE. */
  readonly toolResults?: readonly string[];
  /** The message of the user. */
  readonly text: string | undefined;
}

/**
 * Reads the messages in the order in which the model sees them: the system message, those of the file, results of tool calls, the message of the
 * user.
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

/**
 * Reads the messages of a conversation from a YAML or JSON file: a list of maps with role (user, or ROLE_USER as in the contract) and content. All
 * other keys are sent unchanged, by the names of the contract.
 *
 * @throws UsageError
 */
async function readMessages(path: string): Promise<JsonObject[]> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(await readTextFile(path), { prettyErrors: true });
  if (document.errors.length > 0) throw new UsageError(document.errors.map(({ message }) => `${path}: ${message}`));
  const content: unknown = document.toJS();
  if (!Array.isArray(content)) throw new UsageError([`${path}: must be a list of messages`]);
  const problems = content.flatMap((message: unknown, index) =>
    isMessage(message) ? [] : [`${path}: message ${index + 1} must have a role and its content, each a text`],
  );
  if (problems.length > 0) throw new UsageError(problems);
  return (content as MessageMap[]).map((message) => ({ ...message, role: toRole(message.role) }));
}

/** Expands user to ROLE_USER. */
function toRole(word: string): string {
  return word.startsWith("ROLE_") ? word : `ROLE_${word.toUpperCase()}`;
}

interface MessageMap extends JsonObject {
  readonly role: string;
}

function isMessage(message: unknown): message is MessageMap {
  if (typeof message !== "object" || message === null) return false;
  const { role, content } = message as Readonly<Record<string, unknown>>;
  return typeof role === "string" && (content === undefined || typeof content === "string");
}

/**
 * Reads results of tool calls to messages.
 *
 * @param given each as ID=FILE; an id contains no =
 * @throws UsageError
 */
async function readToolResults(given: readonly string[]): Promise<JsonObject[]> {
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
