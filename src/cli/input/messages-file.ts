import type { JsonObject } from "../../client/contract-json.js";
import { readTextFile } from "./read-text.js";
import { UsageError } from "../command/usage-error.js";

/**
 * The messages of a conversation from a file, YAML or JSON: a list of maps with role (user, or as the contract has it: ROLE_USER) and content. All
 * further keys go to the server as they are, by the names of the contract.
 *
 * @throws UsageError
 */
export async function readMessages(path: string): Promise<JsonObject[]> {
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

/** user → ROLE_USER */
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
