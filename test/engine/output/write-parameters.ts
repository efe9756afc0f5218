import fc from "fast-check";
import type { LiteralCalls, ParameterCalls, ParameterTypes } from "../../../src/core/call-syntax.js";
import { toolNames } from "./read-output.js";

/** An argument as a model writes it without JSON around it, and the JSON that it is read as. */
interface Argument {
  readonly key: string;
  readonly text: string;
  readonly json: string;
}

/** A call whose arguments are not written as one JSON object. */
export interface WrittenParts {
  readonly name: string;
  readonly args: readonly Argument[];
}

const types = {
  text: ["string"],
  other_text: ["string", "null"],
  count: ["integer"],
  share: ["number"],
  isOn: ["boolean"],
  list: ["array"],
  data: ["object"],
} as const;

/** The types of each tool's parameters. `free` has none. */
export const parameterTypes: ParameterTypes = Object.fromEntries(toolNames.map((name) => [name, types]));

/** Text with quotes, new lines and blanks at its ends, and without the first characters of marks. */
const anyText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("a", "0", " ", "\n", '"', "'", "\\", "{"),
      fc.string({ unit: "grapheme", maxLength: 1 }),
    ),
  })
  .map((text) => text.replaceAll(/[<\]>|\r]/g, "-"));
/** Text that is no JSON. */
const wordsOnly = anyText.map((text) => `x ${text}`);
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const spaced = fc.constantFrom(undefined, 1);

interface Value {
  readonly type: keyof typeof types | "free";
  readonly value: unknown;
  readonly indent: number | undefined;
}

const values: readonly fc.Arbitrary<Value>[] = [
  fc.record({ type: fc.constant("text" as const), value: anyText, indent: fc.constant(undefined) }),
  fc.record({
    type: fc.constant("other_text" as const),
    value: fc.oneof(wordsOnly, fc.constant(null)),
    indent: fc.constant(undefined),
  }),
  fc.record({ type: fc.constant("count" as const), value: fc.integer(), indent: fc.constant(undefined) }),
  fc.record({
    type: fc.constant("share" as const),
    value: number.filter((value) => !Object.is(value, -0)),
    indent: fc.constant(undefined),
  }),
  fc.record({ type: fc.constant("isOn" as const), value: fc.boolean(), indent: fc.constant(undefined) }),
  fc.record({
    type: fc.constant("list" as const),
    value: fc.array(fc.oneof(fc.integer(), anyText), { maxLength: 3 }),
    indent: spaced,
  }),
  fc.record({
    type: fc.constant("data" as const),
    value: fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), fc.oneof(fc.integer(), anyText, fc.boolean()), {
      maxKeys: 3,
    }),
    indent: spaced,
  }),
  fc.record({ type: fc.constant("free" as const), value: wordsOnly, indent: fc.constant(undefined) }),
];

const arbitraries = fc
  .uniqueArray(fc.oneof(...values), { selector: ({ type }) => type, maxLength: 4 })
  .chain((parts) => fc.record({ parts: fc.constant(parts), isPython: fc.boolean() }));

export function writtenParts(body: ParameterCalls | LiteralCalls): fc.Arbitrary<WrittenParts> {
  return fc.record({ name: fc.constantFrom(...toolNames), written: arbitraries }).map(({ name, written }) => ({
    name,
    args: written.parts.map(({ type, value, indent }) => {
      const json = JSON.stringify(value, null, indent);
      return { key: type, text: textOf(body, value, { json, isPython: written.isPython }), json };
    }),
  }));
}

export function jsonOf({ args }: WrittenParts): string {
  return `{${args.map(({ key, json }) => `${JSON.stringify(key)}: ${json}`).join(", ")}}`;
}

/** One call from its begin to its end. */
export function writeParts(body: ParameterCalls | LiteralCalls, { name, args }: WrittenParts, pad: string): string {
  if (body.type === "literal") {
    const pairs = args.map(({ key, text }) => pad + key + body.pair + text);
    return `${body.begin}${name}${body.open}${pairs.join(`${pad},`)}${pad}${body.close}`;
  }
  const { begin, middles, end } = body.parameter;
  const parts = args.map(({ key, text, json }) => {
    const type = json.startsWith('"') ? "string" : json === "null" ? "null" : typeName(JSON.parse(json));
    const middle = middles.find(({ types: known }) => known === undefined || known.some((one) => one === type));
    return pad + begin + key + (middle?.mark ?? "") + text + end;
  });
  return `${body.begin}${body.nameMark ?? ""}${name}${body.middle}${parts.join("")}${pad}${body.close}`;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function textOf(
  body: ParameterCalls | LiteralCalls,
  value: unknown,
  { json, isPython }: { json: string; isPython: boolean },
): string {
  if (body.type === "parameters") return typeof value === "string" ? quotedText(body, value) : json;
  if (body.literals.type === "marked") return markedText(value, { quote: body.literals.quote, json });
  if (!isPython) return json;
  if (typeof value === "string") return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : json;
}

/** In its marks, if the syntax knows any and the text needs them. */
function quotedText({ parameter }: ParameterCalls, value: string): string {
  return parameter.quotes !== undefined && value.includes("\n") ? parameter.quotes.join(value) : value;
}

/** Every text and every name of the JSON in the syntax's own marks, with its blanks. */
function markedText(value: unknown, { quote, json }: { quote: string; json: string }): string {
  if (typeof value === "string") return quote + value + quote;
  return json.replaceAll(/"((?:[^"\\]|\\.)*)"(:?)/g, (_, text: string, colon: string) => {
    const plain = JSON.parse(`"${text}"`) as string;
    return colon === "" ? quote + plain + quote : `${plain}:`;
  });
}
