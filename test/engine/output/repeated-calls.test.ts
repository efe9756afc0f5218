import assert from "node:assert/strict";
import fc from "fast-check";
import { writeCalls } from "../../../src/prepare/template/written-calls.js";
import type { OutputFormat } from "../../../src/core/output-format.js";
import { KNOWN_SYNTAXES } from "./known-syntaxes.js";
import { call, createReader, joined, partsOf, type Read, read } from "./read-output.js";
import { formats, split } from "./write-output.js";

const WRITTEN = [
  { id: "", name: "get", arguments: '{"a":1}' },
  { id: "", name: "get", arguments: '{"a":12}' },
  { id: "", name: "get", arguments: '{"a":{"b":[]}}' },
  { id: "", name: "get_time", arguments: '{"a":1}' },
  { id: "", name: "get_time", arguments: '{"😀":"\\u00e4"}' },
];

/** The call with its arguments as JSON without blanks, since some syntaxes write none. */
function withoutBlanks(one: Read): Read {
  return "arguments" in one ? { ...one, arguments: JSON.stringify(JSON.parse(one.arguments)) } : one;
}

const plain = { hide: (text: string): string => text, field: "calls" };

/** The calls up to the first that equals an earlier one. */
function upToRepeated(calls: readonly (typeof WRITTEN)[number][]) {
  const repeated = calls.findIndex((one, index) => calls.indexOf(one) < index);
  return repeated < 0 ? { isRepeated: false, left: calls } : { isRepeated: true, left: calls.slice(0, repeated) };
}

describe("repeated calls of a forced answer", () => {
  for (const [name, syntax] of KNOWN_SYNTAXES) {
    const known = formats.get(name);
    if (known === undefined) throw new Error(`no format for ${name}`);
    const format: OutputFormat = { ...known, toolNames: ["get", "get_time"], endsAtRepeatedCall: true };

    it(`end the output of ${name} before the first of them, however it is split`, () => {
      const calls = fc.array(fc.constantFrom(...WRITTEN), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(calls, fc.array(fc.nat(), { maxLength: 30 }), (written, cuts) => {
          const { isRepeated, left } = upToRepeated(written);
          const reader = createReader(format);
          const pieces = split(writeCalls(written, syntax, plain), cuts);
          const parts = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.finish()];
          const expected = left.map((one, index) => call(`id ${index + 1}`, one.name, one.arguments));
          assert.deepEqual(joined(parts).map(withoutBlanks), expected.map(withoutBlanks));
          assert.deepEqual([reader.calls, reader.isOver], [left.length, isRepeated]);
        }),
        { numRuns: 40 },
      );
    });
  }

  const tags = formats.get("tool_call");
  if (tags === undefined) throw new Error("no format with tags");
  const format = { ...tags, toolNames: ["get"], endsAtRepeatedCall: true };
  const one = '<tool_call>{"name":"get","arguments":{"a":1}}</tool_call>';

  it("let a call go with its first difference, whole and under its own id", () => {
    const reader = createReader(format);
    reader.push(`${one}\n`);
    assert.deepEqual(reader.push('<tool_call>{"name":"get","arguments":{"a":1'), []);
    const [part, ...others] = reader.push("2");
    assert.deepEqual(others, []);
    assert.deepEqual(part?.type === "call" && part.call, {
      index: 1,
      head: { id: "id 2", name: "get" },
      arguments: '{"a":12',
    });
    assert.deepEqual(reader.push("}").length, 1);
    assert.equal(reader.calls, 2);
  });

  it("leave out a call that the output breaks off in while it equals an earlier one", () => {
    assert.deepEqual(read(format, `${one}\n${one.slice(0, 48)}`), [call("id 1", "get", '{"a":1}')]);
  });

  it("stay as they are written where the model decides", () => {
    const free = { ...format, endsAtRepeatedCall: false };
    assert.deepEqual(joined(partsOf(free, [one, one, one])).length, 3);
  });
});
