import type { OutputFormat } from "../../core/output-format.js";
import { openingsOf } from "../output/call-reader.js";

/** A string of JSON without escapes, which names of tools and keys of members never need. */
const WORD = '"([^"\\\\]*)"';
const COLON = "\\s*:\\s*";
/** An object with a name and the key of its arguments, alone or first in a list. */
const MEMBERS = new RegExp(`^\\s*\\[?\\s*\\{\\s*${WORD}${COLON}${WORD}\\s*,\\s*${WORD}\\s*:?\\s*$`);
/** A list whose first object has one key. */
const KEYED = new RegExp(`^\\s*\\[\\s*\\{\\s*${WORD}\\s*:?\\s*$`);

/**
 * Returns a test whether an answer so far begins a call without a mark. It does once the tool's name and the key of the arguments are written. The output
 * reader announces such a call only with the first token of the arguments, which may be all of them, such as `{}`.
 */
export function bareOpening(format: OutputFormat): (answer: string) => boolean {
  const toolNames = new Set(format.toolNames);
  const bodies = openingsOf(format).flatMap(({ mark, syntax }) => (mark.trim() === "" ? [syntax.body] : []));
  return (answer) => {
    const [, nameKey = "", name = "", argumentsKey = ""] = MEMBERS.exec(answer) ?? [];
    const [, keyedName = ""] = KEYED.exec(answer) ?? [];
    return bodies.some((body) => {
      if (body.type === "keyed") return toolNames.has(keyedName);
      if (body.type !== "object" && body.type !== "array") return false;
      return body.keys.name === nameKey && toolNames.has(name) && body.keys.arguments.includes(argumentsKey);
    });
  };
}
