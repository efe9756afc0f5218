import type { Writable } from "node:stream";
import { visibleText } from "../command/text-output.js";

const DIM = "\u001b[2m";
const NORMAL = "\u001b[22m";

/** Shows thinking dimmed, where a person reads it. undefined: nobody does. */
export function asideOf(stream: Writable & { readonly isTTY?: boolean }): ((text: string) => void) | undefined {
  if (stream.isTTY !== true) return undefined;
  return (text) => {
    if (text !== "") stream.write(`${DIM}${visibleText(text)}${NORMAL}`);
  };
}
