import assert from "node:assert/strict";
import type { OutputEvent } from "../../../src/core/generation-message.js";
import { readTurnRecord, writeTurnRecord } from "../../../src/generation/turn/turn-record.js";
import { ACCEPTED, callEvent, FINISHED, textEvent } from "../generation-words.js";

const write = (answer: string, output: readonly OutputEvent[] | undefined): string =>
  writeTurnRecord({ accepted: ACCEPTED, contextTrimmed: undefined }, { end: FINISHED, answer, output });

const readNoOld = (): never => assert.fail("the record is of the present form");
const read = (record: string, answer: string): ReturnType<typeof readTurnRecord> =>
  readTurnRecord(record, { answer, endRevision: 3 }, readNoOld);

describe("The record of a turn", () => {
  it("gives every part of the output back, the answer's text from the turn", () => {
    const output = [
      textEvent("é o"),
      textEvent("hm", { channel: "reasoning" }),
      textEvent("ne🌊", { tokenIds: [1, 2], tokenBytes: [Uint8Array.of(255)] }),
      callEvent("{}", { tokenIds: [7] }),
    ];
    const record = write("é one🌊", output);
    assert.ok(!record.includes("ne🌊"));
    const result = read(record, "é one🌊");
    assert.deepEqual(result.output, output);
    assert.deepEqual(result.accepted, ACCEPTED);
    assert.equal(result.completed.sessionRevision, 3);
    assert.equal(result.completed.usage.deliveredTokens, FINISHED.usage.outputTokens);
  });

  it("of an output that was more than is kept says that it was", () => {
    assert.equal(read(write("", undefined), "").output, undefined);
  });

  it("of an empty output has nothing", () => {
    assert.deepEqual(read(write("", []), "").output, []);
  });

  it("is read by the reader of the old form if it has no version", () => {
    const old = { ...read(write("", []), ""), output: [textEvent("hello")] };
    const result = readTurnRecord('{"accepted":"x"}', { answer: "hello", endRevision: 5 }, (record, answer) => {
      assert.deepEqual([record, answer], [{ accepted: "x" }, "hello"]);
      return old;
    });
    assert.deepEqual([result.output, result.completed.sessionRevision], [old.output, 5]);
  });

  it("of a later version is not read at all", () => {
    assert.throws(() => read('{"v":3}', ""), { message: "the record of a turn was written by a later release" });
  });
});
