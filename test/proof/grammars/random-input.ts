import type { RequestedConstraint } from "../../../src/core/generation-request.js";
import type { CallSyntax } from "../../../src/core/call-syntax.js";
import type { OutputFormat } from "../../../src/core/output-format.js";
import type { ToolUse } from "../../../src/core/conversation.js";
import type { Random } from "../../support/random.js";
import { randomGbnf } from "./random-gbnf.js";
import { randomPatternText } from "./random-pattern-text.js";
import { randomSchemaText } from "./random-schema-text.js";

/** What one call of the fuzz asks to be held to. */
export type FuzzInput =
  | { readonly kind: "grammar" | "schema" | "choices" | "garbage"; readonly constraint: RequestedConstraint }
  | {
      readonly kind: "pattern";
      readonly constraint: RequestedConstraint;
      /** The pattern that each output must match. undefined means that RegExp cannot tell. */
      readonly checked: string | undefined;
    }
  | { readonly kind: "tools"; readonly tools: ToolUse; readonly format: OutputFormat };

/** Grammars, schemas, tool definitions and lists of choices: most of them nearly good, some mutated, some hostile, some plain garbage. */
export function randomInput(random: Random): FuzzInput {
  const roll = random.next();
  if (roll < 0.25) return randomPatternInput(random);
  if (roll < 0.45)
    return { kind: "grammar", constraint: { type: "gbnf", grammar: mutateSome(randomGbnf(random), random) } };
  if (roll < 0.7) {
    return {
      kind: "schema",
      constraint: { type: "json_schema", schema: mutateSome(randomSchemaText(random), random) },
    };
  }
  if (roll < 0.88) return { kind: "tools", tools: randomTools(random), format: randomFormat(random) };
  if (roll < 0.93) return { kind: "choices", constraint: { type: "choices", choices: randomChoices(random) } };
  return { kind: "garbage", constraint: randomGarbage(random) };
}

const FORMATS = ["date", "time", "date-time", "duration", "uuid", "email", "hostname", "ipv4", "ipv6", "uri"];

/** A pattern for the whole answer, for a string, or for the names of members. */
function randomPatternInput(random: Random): FuzzInput {
  const { pattern, isTame } = randomPatternText(random);
  const mutated = isTame ? pattern : mutateSome(pattern, random);
  const schemaOf = (schema: object, checked?: string): FuzzInput => ({
    kind: "pattern",
    constraint: { type: "json_schema", schema: JSON.stringify(schema) },
    checked,
  });
  const roll = random.next();
  if (roll < 0.5) {
    const checked = isTame ? `^(?:${pattern})$` : undefined;
    return { kind: "pattern", constraint: { type: "regex", pattern: mutated }, checked };
  }
  if (roll < 0.75) return schemaOf({ type: "string", pattern: mutated }, isTame ? pattern : undefined);
  const length = Math.floor(10 ** random.below(5));
  if (roll < 0.85) return schemaOf({ type: "string", pattern: mutated, maxLength: length, minLength: length % 7 });
  if (roll < 0.9) return schemaOf({ type: "string", pattern: mutated, format: random.pick(FORMATS) });
  const value = { type: "integer" };
  if (roll < 0.95)
    return schemaOf({ type: "object", propertyNames: { pattern: mutated }, additionalProperties: value });
  const patterns = Array.from({ length: 1 + Math.floor(random.below(8)) }, () => randomPatternText(random).pattern);
  const patternProperties = Object.fromEntries([mutated, ...patterns].map((key) => [key, value]));
  return schemaOf({ type: "object", properties: { a: value }, patternProperties });
}

function randomTools(random: Random): ToolUse {
  const tools = Array.from({ length: 1 + Math.floor(random.below(5)) }, (_, index) => ({
    name: random.pick(["get", "get_weather", "a", "find-all", "x".repeat(64)]) + String(index),
    description: "",
    parameters: mutateSome(randomSchemaText(random, "object"), random, 0.05),
  }));
  const named = { type: "named", name: random.pick(tools).name } as const;
  return { tools, choice: random.next() < 0.5 ? { type: "required" } : named, parallel: random.next() < 0.5 };
}

function randomFormat(random: Random): OutputFormat {
  const keys = { name: "name", arguments: [random.pick(["arguments", "parameters", 'a"b'])], id: undefined };
  const mark = (): string => random.pick(["", "<tool_call>", "[TOOL_CALLS]", "<｜tool▁call▁begin｜>", '"\\', "\n"]);
  const [begin, end, separator, middle] = [mark(), mark(), mark(), mark()];
  const body: CallSyntax["body"] = random.pick([
    { type: "object", begin, end, separator, keys },
    { type: "array", keys },
    { type: "named", begin, middle, end, separator },
  ]);
  const calls = random.next() < 0.02 ? [] : [{ sectionBegin: mark(), sectionEnd: mark(), body }];
  return { reasoning: undefined, calls, toolNames: [], parallelCalls: true, maxCalls: 32, maxArgumentBytes: 65_536 };
}

function randomChoices(random: Random): string[] {
  const length = Math.floor(random.next() < 0.1 ? random.below(400) : random.below(12));
  return Array.from({ length }, () => {
    const text = random.pick(["yes", "no", "maybe", "é", "漢字", "\n", '"', "\ud800", "", "a b"]);
    return text.repeat(Math.floor(random.next() < 0.02 ? random.below(2_000) : random.below(5)));
  });
}

function randomGarbage(random: Random): RequestedConstraint {
  const length = Math.floor(random.next() < 0.05 ? random.below(70_000) : random.below(200));
  const alphabet = random.pick([
    '()[]{}|*+?."\\:=<>!#\n ra0',
    '{}[]",:$\\reftypnul01',
    "\u0000\u0001é漢\ud800\udfffab",
  ]);
  const text = Array.from({ length }, () => alphabet[Math.floor(random.below(alphabet.length))]).join("");
  return random.pick<RequestedConstraint>([
    { type: "gbnf", grammar: `root ::= ${text}` },
    { type: "json_schema", schema: text },
    { type: "regex", pattern: text },
  ]);
}

/** Changes some characters of some texts. */
function mutateSome(text: string, random: Random, share = 0.25): string {
  if (random.next() >= share) return text;
  let mutated = text;
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const at = Math.floor(random.below(mutated.length + 1));
    const cut = Math.floor(random.below(4));
    const other = random.pick([
      "",
      '"',
      "(",
      ")",
      "{",
      "}",
      "[",
      "]",
      "|",
      "*",
      "{0,99}",
      "{9}",
      "root",
      "\\",
      "null",
      "-1",
      "é",
    ]);
    mutated = mutated.slice(0, at) + other + mutated.slice(at + cut);
  }
  return mutated;
}
