import { readFileSync } from "node:fs";
import { parseDurationMs } from "../../settings/units.js";
import { isJsonObject, tryParseJson } from "../../core/json.js";
import type { JsonObject } from "../../client/contract-json.js";
import type { FlagType } from "./request-flags.js";

const MAX_UINT32 = 2 ** 32 - 1;
/** The largest google.protobuf.Duration. */
const MAX_DURATION_MS = 315_576_000_000_000;

/** A number, possibly with a fraction. */
export const DECIMAL: FlagType = {
  placeholder: "number",
  expected: "a number",
  parse: (TEXT) => (/^-?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e-?\d{1,2})?$/.test(TEXT) ? Number(TEXT) : undefined),
};

/** A whole number of 32 bits. */
export const COUNT: FlagType = {
  placeholder: "count",
  expected: `a whole number from 0 to ${MAX_UINT32}`,
  parse: parseUint32,
};

/** Whole numbers of 32 bits, separated by commas. */
export const COUNTS: FlagType = {
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
/** Texts, each by a flag of its own. */
export const TEXTS: FlagType = { ...text, repeats: "list", parse: (value) => [value] };

/** Keys with values, each by a flag of its own. */
export const LABELS: FlagType = {
  placeholder: "key=value",
  expected: "a key and a value with = between them",
  repeats: "map",
  parse(value) {
    const at = value.indexOf("=");
    return at > 0 ? { [value.slice(0, at)]: value.slice(at + 1) } : undefined;
  },
};

/** Logit biases, each by a flag of its own: a token id or a text, then = and the bias. A number is an id. */
export const BIASES: FlagType = {
  placeholder: "id|text=bias",
  expected: "a token id or a text, and a bias with = before it",
  repeats: "list",
  parse(value) {
    const at = value.lastIndexOf("=");
    const bias = DECIMAL.parse(value.slice(at + 1));
    if (at < 1 || bias === undefined) return undefined;
    const target = value.slice(0, at);
    const tokenId = parseUint32(target);
    return [tokenId === undefined ? { text: target, bias } : { token_id: tokenId, bias }];
  },
};

/** A time with a unit. */
export const DURATION: FlagType = {
  placeholder: "duration",
  expected: "a duration such as 250ms, 1.5s or 2m",
  parse(value) {
    const durationMs = parseDurationMs(value);
    return durationMs === undefined || durationMs > MAX_DURATION_MS ? undefined : `${durationMs / 1_000}s`;
  },
};

/** True, if the flag is given. */
export const YES: FlagType = { placeholder: undefined, expected: "without a value", parse: () => true };
/** True if the flag is given, false if its twin is. */
export const YES_OR_NO: FlagType = { ...YES, negatable: true, parse: (value) => value !== "no" };
/** An empty message, if the flag is given. */
export const PRESENT: FlagType = { ...YES, parse: () => ({}) };

/** The text of a file. */
export const FILE_TEXT: FlagType = {
  placeholder: "path",
  expected: "a file of UTF-8 text that can be read",
  parse: readFile,
};

/** Texts without commas, separated by commas. */
export const WORDS: FlagType = {
  placeholder: "text,text…",
  expected: "texts with commas between them",
  repeats: "list",
  parse: (value) => value.split(","),
};

/** The tools in a file, as `readTools` reads them. */
export const TOOLS: FlagType = {
  placeholder: "path",
  expected:
    "a file with a JSON array of tools, each {name, description, parameters} or {type: function, function: {…}}",
  parse(path) {
    const content = readFile(path);
    return content === undefined ? undefined : readTools(content);
  },
};

/** Whether tools are called: a mode or the name of a tool. */
export const TOOL_CHOICE: FlagType = {
  placeholder: "auto|none|required|name",
  expected: "auto, none, required or the name of a tool",
  parse(value) {
    if (value === "") return undefined;
    const modes = ["auto", "none", "required"];
    return modes.includes(value) ? { mode: `TOOL_CHOICE_MODE_${value.toUpperCase()}` } : { tool: value };
  },
};

/** False, if the flag is given. */
export const NO: FlagType = { ...YES, parse: () => false };

/** One of several words, each with its enum value. */
export function choice(valueOfWord: Readonly<Record<string, string>>): FlagType {
  const words = Object.keys(valueOfWord);
  return {
    placeholder: words.join("|"),
    expected: `one of ${words.join(", ")}`,
    parse: (value) => (words.includes(value) ? valueOfWord[value] : undefined),
  };
}

/** Reads a file as UTF-8. Returns undefined if that fails. */
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

/**
 * Parses tools from the JSON of a file: an array of {name, description, parameters}, each possibly within {function: …} as for other servers. The
 * schema may be an object or its text. Returns undefined for anything else.
 */
export function readTools(text: string): JsonObject[] | undefined {
  const entries = tryParseJson(text);
  if (!Array.isArray(entries)) return undefined;
  const tools: JsonObject[] = [];
  for (const entry of entries as readonly unknown[]) {
    const tool = toTool(entry);
    if (tool === undefined) return undefined;
    tools.push(tool);
  }
  return tools;
}

function toTool(entry: unknown): JsonObject | undefined {
  const { function: inner } = (isJsonObject(entry) ? entry : {}) as { function?: unknown };
  const tool = inner ?? entry;
  if (!isJsonObject(tool)) return undefined;
  const { name, description, parameters } = tool;
  if (typeof name !== "string") return undefined;
  return {
    name,
    ...(typeof description === "string" ? { description } : {}),
    ...(parameters === undefined
      ? {}
      : { parameters: typeof parameters === "string" ? parameters : JSON.stringify(parameters) }),
  };
}
