import assert from "node:assert/strict";
import fc from "fast-check";
import type { OutputFormat } from "../../../src/core/output-format.js";
import { createReader, joined, partsOf, read } from "./read-output.js";
import { formats, garbageOf, marksOf, mutated, outputsOf, split } from "./write-output.js";

const positions = fc.array(fc.nat(), { maxLength: 30 });

/** Anything that may come out of a model that knows the format, or does not. */
function anyOutput(format: OutputFormat): fc.Arbitrary<string> {
  const written = outputsOf(format);
  return fc.oneof(
    written.map(({ text }) => text),
    mutated(written),
    garbageOf(format),
  );
}

/**
 * What no part took must be markup: blanks, marks, and of calls all that JSON has beside their arguments. A part is the end of what is settled with it,
 * where units come one by one.
 */
function assertNothingLost(format: OutputFormat, output: string): void {
  let settled = 0;
  let isAfterCall = false;
  for (const part of partsOf(format, output.split(""))) {
    const added = part.type === "text" ? part.text : part.call.arguments;
    const region = output.slice(settled, part.end);
    settled = part.end;
    const name = part.type === "call" ? part.call.head?.name : undefined;
    const isWhole = region.endsWith(added);
    if (!isWhole)
      assert.notEqual(name, undefined, "only the arguments of a call that was held back may stand before other things");
    const left = isWhole ? region.slice(0, region.length - added.length) : region.replace(added, "");
    if (name !== undefined) assert.ok(left.includes(name), `a call's name in ${JSON.stringify(left)}`);
    else assert.ok(isMarkup(left, format, isAfterCall), `${JSON.stringify(left)} is lost`);
    isAfterCall = part.type === "call";
  }
  assert.equal(settled, output.length);
}

/** Whether a text is nothing but marks and blanks, and after arguments also the rest of what they are in. */
function isMarkup(text: string, format: OutputFormat, isAfterCall: boolean): boolean {
  const { reasoning, frames = [] } = format;
  const marks = isAfterCall ? marksOf(format) : [reasoning?.begin ?? "", reasoning?.end ?? "", ...frames];
  let left = text;
  for (const mark of marks.toSorted((a, b) => b.length - a.length)) left = left.replaceAll(mark.trim(), " ");
  if (!isAfterCall) return left.trim() === "";
  const objectEnd = left.lastIndexOf("}") + 1;
  return /^[\s\]]*$/.test(left.slice(objectEnd)) && (objectEnd === 0 || isObject(`{"":0${left.slice(0, objectEnd)}`));
}

describe("output reader, for any output", () => {
  for (const [name, format] of formats) {
    describe(`of ${name}`, () => {
      it("reads what was written, however it is split", () => {
        fc.assert(
          fc.property(outputsOf(format), positions, ({ text, is }, cuts) => {
            assert.deepEqual(read(format, ...split(text, cuts)), is);
          }),
          { numRuns: 60 },
        );
      });

      it("reads the same, however it is split", () => {
        fc.assert(
          fc.property(anyOutput(format), positions, (text, cuts) => {
            const whole = createReader(format);
            const parts = joined([...whole.push(text), ...whole.finish()]);
            const pieces = createReader(format);
            assert.deepEqual(
              joined([...split(text, cuts).flatMap((piece) => pieces.push(piece)), ...pieces.finish()]),
              parts,
            );
            assert.deepEqual(
              [pieces.calls, pieces.isOver, pieces.isReasoning],
              [whole.calls, whole.isOver, whole.isReasoning],
            );
            assert.deepEqual(read(format, ...text.split("")), parts);
          }),
          { numRuns: 80 },
        );
      });

      it("reads the same within narrow bounds, however it is split", () => {
        const narrow = { ...format, maxCalls: 2, maxArgumentBytes: 10 };
        fc.assert(
          fc.property(anyOutput(narrow), positions, (text, cuts) => {
            assert.deepEqual(read(narrow, ...split(text, cuts)), read(narrow, text));
          }),
          { numRuns: 60 },
        );
      });

      it("loses nothing but markup", () => {
        const isJson = format.calls.every(({ body }) => body.type !== "parameters" && body.type !== "literal");
        // The reader makes JSON of arguments in parts, so that they are not found in the text.
        if (!isJson) return;
        fc.assert(
          fc.property(anyOutput(format), (text) => {
            assertNothingLost(format, text);
          }),
          { numRuns: 80 },
        );
      });

      it("settles more with each part, and all of it in the end", () => {
        fc.assert(
          fc.property(anyOutput(format), positions, (text, cuts) => {
            let end = 0;
            for (const part of partsOf(format, split(text, cuts))) {
              assert.ok(part.end > end);
              end = part.end;
            }
            assert.equal(end, text.length);
          }),
          { numRuns: 60 },
        );
      });

      it("makes whole calls of arguments that are objects, and of nothing else", () => {
        fc.assert(
          fc.property(anyOutput(format), (text) => {
            const reader = createReader(format);
            const calls = joined([...reader.push(text), ...reader.finish()]).flatMap((each) =>
              "name" in each ? [each] : [],
            );
            const whole = calls.filter(({ arguments: args }) => isObject(args));
            assert.equal(reader.calls, whole.length);
            for (const { name: called } of calls) assert.ok(format.toolNames.includes(called));
          }),
          { numRuns: 60 },
        );
      });
    });
  }
});

function isObject(json: string): boolean {
  try {
    return json.startsWith("{") && typeof JSON.parse(json) === "object";
  } catch {
    return false;
  }
}
