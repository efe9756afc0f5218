import fc from "fast-check";
import { harmonyFrames } from "../../../src/prepare/template/families/harmony.js";
import { KNOWN_SYNTAXES, syntaxOf } from "./known-syntaxes.js";
import type { CallBody, CallKeys, CallSyntax } from "../../../src/core/call-syntax.js";
import type { OutputFormat, ReasoningSyntax } from "../../../src/core/output-format.js";
import { marksOfCalls } from "../../../src/engine/output/call-marks.js";
import { openingsOf } from "../../../src/engine/output/call-reader.js";
import { jsonOf, parameterTypes, type WrittenParts, writeParts, writtenParts } from "./write-parameters.js";
import { answer, call, formatOf, type Read, reasoning, think, toolNames } from "./read-output.js";

/** A call, and how it is written where there is a choice. */
interface WrittenCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  /** Where arguments come in the object: 0 is before the name. */
  readonly position: number;
  /** Members before the arguments that mean nothing. */
  readonly others: readonly string[];
  readonly asText: boolean;
}

/** An output as a model may write it, and what it is to be read as. */
export interface WrittenOutput {
  readonly text: string;
  readonly is: readonly Read[];
}

/** Every known format, and some together. */
export const formats: ReadonlyMap<string, OutputFormat> = new Map([
  ...[...KNOWN_SYNTAXES].map(([name, syntax]): [string, OutputFormat] => [name, formatFor(name, [syntax])]),
  [
    "several",
    formatFor("several", [syntaxOf("granite"), syntaxOf("granite_tag"), syntaxOf("tool_call"), syntaxOf("json")]),
  ],
]);

function formatFor(name: string, calls: readonly CallSyntax[]): OutputFormat {
  const wide = { maxArgumentBytes: 100_000, parameterTypes };
  if (name !== "harmony") return formatOf(calls, wide);
  const harmonyReasoning = { ...think, begin: "<|channel|>analysis<|message|>", end: "<|end|>" };
  return formatOf(calls, { ...wide, reasoning: harmonyReasoning, frames: harmonyFrames });
}

/** Text that no markup begins in, without blanks at its ends. */
const words = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("a", "Z", "0", " ", "\n", '"', "}", "]", ":", ">", "/"),
      fc.string({ unit: "grapheme", maxLength: 1 }),
    ),
    minLength: 1,
  })
  .map((text) => text.replaceAll(/[<[{t;,f]/g, "-").trim())
  .filter((text) => text !== "");
const blanks = fc.string({ unit: fc.constantFrom(" ", "\n"), maxLength: 3 });

/** JSON of an object, as plain, indented or escaped as it comes. */
const jsonObject = fc
  .tuple(
    fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 2, stringUnit: "grapheme" }), {
      maxKeys: 2,
    }),
    fc.constantFrom(undefined, 1, "\t"),
    fc.boolean(),
  )
  .map(([value, indent, isEscaped]) => {
    const json = JSON.stringify(value, null, indent);
    return isEscaped
      ? json.replaceAll(/[^\n\t -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      : json;
  });

const writtenCall: fc.Arbitrary<WrittenCall> = fc.record({
  name: fc.constantFrom(...toolNames),
  arguments: jsonObject,
  position: fc.nat({ max: 2 }),
  others: fc.array(fc.constantFrom('"type":"function"', '"n" : -0.5e+3', '"x":[{"name":"no"},null]'), { maxLength: 2 }),
  asText: fc.boolean(),
});

/** Reasoning, text, calls and text; what may be missing sometimes is. */
export function outputsOf(format: OutputFormat): fc.Arbitrary<WrittenOutput> {
  const [syntax] = format.calls;
  if (syntax === undefined || format.reasoning === undefined) throw new Error("a format without calls or reasoning");
  const marks = format.reasoning;
  const isBare = openingsOf(format).every(({ mark }) => mark.trim() === "");
  return fc
    .record({
      thoughts: fc.option(words),
      before: isBare ? fc.constant(null) : fc.option(words),
      calls: fc.array(callsOf(syntax.body), { minLength: 1, maxLength: 3 }),
      hasEnd: fc.boolean(),
      after: fc.option(fc.tuple(blanks, words)),
      pad: blanks,
    })
    .map(({ thoughts, before, calls, hasEnd, after, pad }) => ({
      text: [
        thoughts === null ? "" : pad + thinking(marks, thoughts, pad),
        before ?? pad,
        section(syntax, calls, { pad, hasEnd: hasEnd || after !== null }),
        ...(after ?? [pad]),
      ].join(""),
      is: [
        ...(thoughts === null ? [] : [reasoning(thoughts)]),
        ...(before === null ? [] : [answer(before)]),
        ...calls.map((each, index) => call(`id ${index + 1}`, each.name, argumentsOf(each))),
        ...(after === null ? [] : [answer(after.join(""))]),
      ],
    }));
}

function thinking(marks: ReasoningSyntax, thoughts: string, pad: string): string {
  return marks.begin + pad + thoughts + pad + marks.end + pad;
}

/** A call as JSON has it, or in parts. */
type AnyCall = WrittenCall | WrittenParts;

function callsOf(body: CallBody): fc.Arbitrary<AnyCall> {
  return body.type === "parameters" || body.type === "literal" ? writtenParts(body) : writtenCall;
}

function argumentsOf(written: AnyCall): string {
  return "args" in written ? jsonOf(written) : written.arguments;
}

function section(
  { sectionBegin, sectionEnd, body }: CallSyntax,
  calls: readonly AnyCall[],
  { pad, hasEnd }: { readonly pad: string; readonly hasEnd: boolean },
): string {
  const end = hasEnd ? ended(sectionEnd, pad) : "";
  const one = (each: AnyCall): string => pad + callIn(body, each, pad);
  switch (body.type) {
    case "array":
    case "keyed":
      return `${sectionBegin}${pad}[${calls.map(one).join(`${pad},`)}${pad}]${end}`;
    case "literal":
      if (body.isList) return `${sectionBegin}${pad}[${calls.map(one).join(`${pad},`)}${pad}]${end}`;
      break;
    case "object":
    case "named":
    case "parameters":
      break;
  }
  const written = calls.map((each) => callIn(body, each, pad) + ended(body.end, pad));
  return sectionBegin + written.join(pad + body.separator) + end;
}

/** One call without its end. */
function callIn(body: CallBody, each: AnyCall, pad: string): string {
  if ("args" in each) {
    if (body.type !== "parameters" && body.type !== "literal") throw new Error("a call in parts in a body of JSON");
    return writeParts(body, each, pad);
  }
  switch (body.type) {
    case "array":
      return jsonCall(body.keys, each);
    case "keyed":
      return `{${pad}"${each.name}" :${each.arguments}${pad}}`;
    case "object":
      return body.begin + pad + jsonCall(body.keys, each);
    case "named":
      return body.begin + (body.nameMark ?? "") + each.name + body.middle + pad + each.arguments;
    default:
      throw new Error("a call of JSON in a body of parts");
  }
}

/** An end after blanks; no blanks where there is none, for they would belong to the text that follows. */
function ended(end: string, pad: string): string {
  return end === "" ? "" : pad + end;
}

function jsonCall(keys: CallKeys, { name, arguments: args, position, others, asText }: WrittenCall): string {
  const members = [`"${keys.name}": ${JSON.stringify(name)}`, ...others];
  const key = keys.arguments[position % keys.arguments.length] ?? "";
  members.splice(position, 0, `"${key}" :${asText ? JSON.stringify(args) : args}`);
  return `{${members.join(" ,")} }`;
}

/** Pieces of an output of this format, right and wrong, in any order. */
export function garbageOf(format: OutputFormat): fc.Arbitrary<string> {
  const marks = marksOf(format);
  const halves = marks.flatMap((mark) => [mark.slice(0, mark.length / 2), mark.slice(mark.length / 2)]);
  const bits = [
    '{"name":"get","arguments":{"a":1}}',
    '"name":',
    '"arguments":',
    '"get"',
    "get_time",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "1",
  ];
  const texts = ["a", " ", "\n", "é", "😀", "\ud83d", "<", ";"];
  return fc
    .array(fc.constantFrom(...marks, ...marks, ...halves, ...bits, ...texts), { maxLength: 40 })
    .map((parts) => parts.join(""));
}

/** An output with some of it gone, doubled or put elsewhere. */
export function mutated(output: fc.Arbitrary<WrittenOutput>): fc.Arbitrary<string> {
  const cut = fc.record({ at: fc.nat(), length: fc.nat({ max: 12 }), to: fc.nat(), isKept: fc.boolean() });
  return fc.tuple(output, fc.array(cut, { minLength: 1, maxLength: 3 })).map(([{ text }, cuts]) => {
    let changed = text;
    for (const { at, length, to, isKept } of cuts) {
      const start = at % (changed.length + 1);
      const moved = changed.slice(start, start + length);
      const rest = isKept ? changed : changed.slice(0, start) + changed.slice(start + length);
      const position = to % (rest.length + 1);
      changed = rest.slice(0, position) + moved + rest.slice(position);
    }
    return changed;
  });
}

/** All marks of a format but the empty ones. */
export function marksOf(format: OutputFormat): readonly string[] {
  const calls = format.calls.flatMap(marksOfCalls);
  const { reasoning: thought, frames = [] } = format;
  return [thought?.begin ?? "", thought?.end ?? "", ...frames, ...calls].filter((mark) => mark.trim() !== "");
}

/** A text in pieces. */
export function split(text: string, positions: readonly number[]): string[] {
  const cuts = [...new Set(positions.map((position) => position % (text.length + 1)))].toSorted((a, b) => a - b);
  return [...cuts, text.length].map((cut, index) => text.slice(cuts[index - 1] ?? 0, cut));
}
