import { readFileSync } from "node:fs";
import type { FlagType } from "./request-flag.js";
import { readTools } from "./tools-file.js";
import { parseDurationMs } from "../../settings/units.js";

const MAX_UINT32 = 2 ** 32 - 1;
/** Of google.protobuf.Duration. */
const MAX_DURATION_MS = 315_576_000_000_000;

/** A number, with a fraction or without. */
export const decimal: FlagType = {
  placeholder: "number",
  expected: "a number",
  parse: (text) => (/^-?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e-?\d{1,2})?$/.test(text) ? Number(text) : undefined),
};

/** A whole number of 32 bits. */
export const count: FlagType = {
  placeholder: "count",
  expected: `a whole number from 0 to ${MAX_UINT32}`,
  parse: parseUint32,
};

/** Whole numbers of 32 bits, separated by commas. */
export const counts: FlagType = {
  placeholder: "id,id…",
  expected: `whole numbers from 0 to ${MAX_UINT32} with commas between them`,
  repeats: "list",
  parse(text) {
    const values = text.split(",").map((part) => parseUint32(part.trim()));
    return values.every((value) => value !== undefined) ? values : undefined;
  },
};

/** Any text. */
export const text: FlagType = { placeholder: "text", expected: "a text", parse: (value) => value };

/** Any number of texts, each by a flag of its own. */
export const texts: FlagType = { ...text, repeats: "list", parse: (value) => [value] };

/** Any number of keys with their values, each by a flag of its own. */
export const labels: FlagType = {
  placeholder: "key=value",
  expected: "a key and a value with = between them",
  repeats: "map",
  parse(value) {
    const at = value.indexOf("=");
    return at > 0 ? { [value.slice(0, at)]: value.slice(at + 1) } : undefined;
  },
};

/** What is added to a token's logit, for each token by a flag of its own: a token id or a text, an = and the bias. A number is an id. */
export const biases: FlagType = {
  placeholder: "id|text=bias",
  expected: "a token id or a text, and a bias with = before it",
  repeats: "list",
  parse(value) {
    const at = value.lastIndexOf("=");
    const bias = decimal.parse(value.slice(at + 1));
    if (at < 1 || bias === undefined) return undefined;
    const target = value.slice(0, at);
    const tokenId = parseUint32(target);
    return [tokenId === undefined ? { text: target, bias } : { token_id: tokenId, bias }];
  },
};

/** A time with its unit. */
export const duration: FlagType = {
  placeholder: "duration",
  expected: "a duration such as 250ms, 1.5s or 2m",
  parse(value) {
    const durationMs = parseDurationMs(value);
    return durationMs === undefined || durationMs > MAX_DURATION_MS ? undefined : `${durationMs / 1_000}s`;
  },
};

/** True by being there. */
export const yes: FlagType = { placeholder: undefined, expected: "without a value", parse: () => true };

/** True by being there, false by its twin. */
export const yesOrNo: FlagType = { ...yes, negatable: true, parse: (value) => value !== "no" };

/** An empty message by being there. */
export const present: FlagType = { ...yes, parse: () => ({}) };

/** The text of a file. */
export const fileText: FlagType = {
  placeholder: "path",
  expected: "a file of UTF-8 text that can be read",
  parse: readFile,
};

/** Texts without commas, separated by commas. */
export const words: FlagType = {
  placeholder: "text,text…",
  expected: "texts with commas between them",
  repeats: "list",
  parse: (value) => value.split(","),
};

/** The tools of a file: see `readTools`. */
export const tools: FlagType = {
  placeholder: "path",
  expected:
    "a file with a JSON array of tools, each {name, description, parameters} or {type: function, function: {…}}",
  parse(path) {
    const content = readFile(path);
    return content === undefined ? undefined : readTools(content);
  },
};

/** Whether tools are called: a mode, or the name of one. */
export const toolChoice: FlagType = {
  placeholder: "auto|none|required|name",
  expected: "auto, none, required or the name of a tool",
  parse(value) {
    if (value === "") return undefined;
    const modes = ["auto", "none", "required"];
    return modes.includes(value) ? { mode: `TOOL_CHOICE_MODE_${value.toUpperCase()}` } : { tool: value };
  },
};

/** False by being there. */
export const no: FlagType = { ...yes, parse: () => false };

/** One of a few words, each with the enum value that it stands for. */
export function choice(valueOfWord: Readonly<Record<string, string>>): FlagType {
  const words = Object.keys(valueOfWord);
  return {
    placeholder: words.join("|"),
    expected: `one of ${words.join(", ")}`,
    parse: (value) => (words.includes(value) ? valueOfWord[value] : undefined),
  };
}

/** Undefined: it can't be read, or is no UTF-8. */
function readFile(path: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}

function parseUint32(value: string): number | undefined {
  return /^\d{1,10}$/.test(value) && Number(value) <= MAX_UINT32 ? Number(value) : undefined;
}
