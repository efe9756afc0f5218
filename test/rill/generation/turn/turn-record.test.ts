import assert from "node:assert/strict";
import { Accepted, Channel, Chunk, Completed } from "../../../../generated/rill/v1/generation_event.js";
import type { FinishedEvent } from "../../../../src/core/generation-event.js";
import type { OutputMessage } from "../../../../src/rill/response/output-message.js";
import { readTurnRecord, writeTurnRecord } from "../../../../src/rill/generation/turn/turn-record.js";

const NOTHING = new Uint8Array();
const END: FinishedEvent = {
  type: "finished",
  reason: "tool_calls",
  stopMatch: undefined,
  incompleteText: false,
  usage: { inputTokens: 1, reusedInputTokens: 0, outputTokens: 3, deliveredTokens: 0 },
  timings: { queueMs: 0, prepareMs: 0, prefillMs: 0, decodeMs: 0, parkedMs: 0, totalMs: 0, timeToFirstTokenMs: 0 },
  restarts: 0,
};
const chunk = (text: string, channel: Channel): OutputMessage => ({
  $case: "chunk",
  value: { ...Chunk.decode(NOTHING), text, channel, tokenCount: 1, outputTokens: 1 },
});
const call: OutputMessage = {
  $case: "toolCall",
  value: {
    index: 0,
    id: "c",
    name: "f",
    arguments: "{}",
    tokenCount: 1,
    outputTokens: 2,
    tokenIds: [7],
    logprobs: [],
    tokenBytes: [],
  },
};

const write = (text: string, output: readonly OutputMessage[] | undefined): string =>
  writeTurnRecord({ accepted: Accepted.decode(NOTHING) }, { end: END, text, output });
/** A message without what the decoder leaves beside its fields. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === "_unknownFields" ? undefined : inner)));

describe("The record of a turn", () => {
  it("gives every part of the output back, the answer's text from the turn", () => {
    const output = [chunk("é o", Channel.ANSWER), chunk("hm", Channel.REASONING), chunk("ne🌊", Channel.ANSWER), call];
    const record = write("é one🌊", output);
    assert.ok(!record.includes(Buffer.from("ne🌊").toString("base64").slice(0, 6)));
    const read = readTurnRecord(record, { answer: "é one🌊", endRevision: 3 });
    assert.deepEqual(plain(read.output), plain(output));
    assert.equal(read.completed.sessionRevision, 3);
  });

  it("of an output that was more than is kept says that it was", () => {
    assert.equal(readTurnRecord(write("", undefined), { answer: "", endRevision: 3 }).output, undefined);
  });

  it("of an empty output has nothing", () => {
    assert.deepEqual(readTurnRecord(write("", []), { answer: "", endRevision: 3 }).output, []);
  });

  it("is read as releases wrote it that knew text alone, and of text alone is written as they read it", () => {
    const { channel: _channel, ...before } = Chunk.decode(NOTHING);
    const old = JSON.stringify({
      accepted: Buffer.from(Accepted.encode(Accepted.decode(NOTHING)).finish()).toString("base64"),
      chunk: Buffer.from(
        Chunk.encode({ ...before, channel: Channel.UNSPECIFIED, tokenCount: 2, outputTokens: 2 }).finish(),
      ).toString("base64"),
      completed: Buffer.from(Completed.encode(Completed.decode(NOTHING)).finish()).toString("base64"),
    });
    const [part, ...others] = readTurnRecord(old, { answer: "hello", endRevision: 3 }).output ?? [];
    assert.ok(part?.$case === "chunk");
    assert.deepEqual([part.value.text, part.value.channel, part.value.tokenCount], ["hello", Channel.ANSWER, 2]);
    assert.deepEqual(others, []);
    const written = JSON.parse(write("hello", [chunk("hello", Channel.ANSWER)])) as {
      chunk?: string;
      output?: unknown;
    };
    assert.deepEqual(
      [Chunk.decode(Buffer.from(written.chunk ?? "", "base64")).tokenCount, written.output],
      [1, undefined],
    );
  });
});
