import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { FinishReason } from "../../generated/rill/v1/finish.js";
import type { Timings } from "../../generated/rill/v1/timings.js";
import { Lane } from "../../generated/rill/v1/scheduling.js";
import { chunksOf, completedOf, textOf } from "../support/generation-text.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { promptRequest, tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";
import { chatOf, said } from "../support/said.js";

const TEXT = "Hello world and grüße 🌊";

describe("GenerateStream", () => {
  const suite = serveSuite();

  it("sends accepted first, completed last and the text between, numbered without a gap, then OK", async () => {
    const { messages, status } = await suite.client.stream(promptRequest(TEXT));
    assert.equal(status.code, 0);
    assert.deepEqual(
      messages.map(({ sequence }) => sequence),
      messages.map((_, index) => index + 1),
    );
    assert.equal(messages[0]?.event?.$case, "accepted");
    assert.equal(messages.filter(({ event }) => event?.$case === "completed").length, 1);
    const completed = completedOf(messages);
    assert.equal(completed.finishReason, FinishReason.END_OF_TURN);
    assert.equal(textOf(messages), TEXT);
    assert.deepEqual(completed.textSha256, createHash("sha256").update(TEXT).digest());
  });

  it("says in accepted what is in force, and repeats the generation's id in the trailer", async () => {
    const request = promptRequest("abc", {
      sampling: {
        temperature: 0,
        repeatPenalty: 1.1,
        dry: { multiplier: 1, sequenceBreakers: ["\n"] },
        xtc: {},
        logitBias: [
          { target: { $case: "text", value: "x" }, bias: -100 },
          { target: { $case: "tokenId", value: 7 }, bias: 2.5 },
        ],
        seed: 7,
      },
      stopping: { maxOutputTokens: 2, stopSequences: ["x"], stopTokenIds: [9] },
      delivery: { heartbeatInterval: { seconds: 2, nanos: 0 } },
    });
    const { messages, status } = await suite.client.stream(request);
    const event = messages[0]?.event;
    assert.ok(event?.$case === "accepted");
    assert.match(event.value.generationId, /^\S+$/);
    assert.equal(status.generationId, event.value.generationId);
    assert.equal(event.value.inputTokens, 3);
    assert.equal(event.value.seed, 7);
    assert.equal(event.value.modelDigest, suite.server.model.digest);
    const { sampling, stopping, scheduling, delivery } = event.value.effectiveParameters ?? {};
    assert.deepEqual(
      JSON.parse(JSON.stringify(sampling, (key, value: unknown) => (key === "_unknownFields" ? undefined : value))),
      {
        temperature: 0,
        topK: 40,
        topP: 0.95,
        minP: 0.05,
        repeatPenalty: 1.1,
        presencePenalty: 0,
        frequencyPenalty: 0,
        penaltyWindow: 64,
        dry: { multiplier: 1, base: 1.75, allowedLength: 2, window: 2_048, sequenceBreakers: ["\n"] },
        xtc: { probability: 0.5, threshold: 0.1 },
        logitBias: [
          { target: { $case: "tokenId", value: 120 }, bias: -100 },
          { target: { $case: "tokenId", value: 7 }, bias: 2.5 },
        ],
        seed: 7,
      },
    );
    assert.deepEqual([stopping?.maxOutputTokens, stopping?.stopSequences, stopping?.stopTokenIds], [2, ["x"], [9]]);
    assert.deepEqual([stopping?.ignoreEndOfGeneration, stopping?.timeLimit?.seconds], [false, 600]);
    assert.equal(scheduling?.lane, Lane.INTERACTIVE);
    assert.deepEqual([delivery?.heartbeatInterval?.seconds, delivery?.maxChunkDelay?.seconds], [2, 0]);
    assert.equal(completedOf(messages).finishReason, FinishReason.MAX_TOKENS);
  });

  it("ends a repetition where a guard is asked for, and says which rule was in force", async () => {
    const repetitionGuard = { minTokens: 8 };
    const stopping = { stopSequences: [], stopTokenIds: [], repetitionGuard };
    const { messages } = await suite.client.stream(promptRequest("no no no no no no", { stopping }));
    const event = messages[0]?.event;
    assert.ok(event?.$case === "accepted");
    const { maxPeriodTokens, minRepeats, minTokens } = event.value.effectiveParameters?.stopping?.repetitionGuard ?? {};
    assert.deepEqual([maxPeriodTokens, minRepeats, minTokens], [32, 4, 8]);
    assert.equal(completedOf(messages).finishReason, FinishReason.REPETITION);
    assert.equal(textOf(messages), "no no no no ");
  });

  it("draws a seed where none is given, and says which", async () => {
    const seeds = new Set<number>();
    for (let run = 0; run < 3; run++) {
      const event = (await suite.client.stream(promptRequest("a"))).messages[0]?.event;
      assert.ok(event?.$case === "accepted");
      assert.equal(event.value.seed, event.value.effectiveParameters?.sampling?.seed);
      seeds.add(event.value.seed);
    }
    assert.ok(seeds.size > 1);
  });

  it("carries token ids, elapsed time and usage on every chunk when they are asked for, and only then", async () => {
    const ids = [72, 105, 32, 116, 104, 101, 114, 101];
    const output = { tokenIds: true, timings: true, usage: true };
    const asked = chunksOf((await suite.client.stream(tokensRequest(ids, { output }))).messages);
    assert.deepEqual(
      asked.flatMap(({ tokenIds }) => tokenIds),
      ids,
    );
    for (const { tokenIds, tokenCount, elapsed, usage } of asked) {
      assert.equal(tokenIds.length, tokenCount);
      assert.notEqual(elapsed, undefined);
      assert.equal(usage?.inputTokens, ids.length);
    }
    const plain = chunksOf((await suite.client.stream(tokensRequest(ids))).messages);
    for (const { tokenIds, elapsed, usage } of plain)
      assert.deepEqual([tokenIds, elapsed, usage], [[], undefined, undefined]);
  });

  it("tells times that add up to the nanosecond", async () => {
    const { timings } = completedOf((await suite.client.stream(promptRequest(TEXT))).messages);
    assert.ok(timings !== undefined);
    const nanos = (name: keyof Timings): bigint => {
      const value = timings[name] as { seconds: number; nanos: number };
      return BigInt(value.seconds) * 1_000_000_000n + BigInt(value.nanos);
    };
    const parts = (["queue", "prepare", "prefill", "decode", "parked"] as const).map(nanos);
    assert.equal(
      nanos("total"),
      parts.reduce((sum, part) => sum + part),
    );
    assert.ok(nanos("timeToFirstToken") > 0n);
  });

  it("ends for a stop sequence without a byte of it, and names the one it found", async () => {
    const stopping = { stopSequences: ["zzz", "wor"], stopTokenIds: [] };
    const { messages } = await suite.client.stream(promptRequest("Hello world", { stopping }));
    const { finishReason, stopMatch } = completedOf(messages);
    assert.equal(textOf(messages), "Hello ");
    assert.equal(finishReason, FinishReason.STOP_SEQUENCE);
    assert.deepEqual(stopMatch?.match, { $case: "stopSequence", value: "wor" });
  });

  it("ends for a stop token, which is not part of the output", async () => {
    const stopping = { stopSequences: [], stopTokenIds: [67] };
    const { messages } = await suite.client.stream(tokensRequest([65, 66, 67, 68], { stopping }));
    const { finishReason, stopMatch, usage } = completedOf(messages);
    assert.equal(textOf(messages), "AB");
    assert.deepEqual([finishReason, usage?.outputTokens], [FinishReason.STOP_TOKEN, 2]);
    assert.deepEqual(stopMatch?.match, { $case: "stopTokenId", value: 67 });
  });

  it("says so when the output ends inside a code point, and leaves its bytes out", async () => {
    const { messages } = await suite.client.stream(tokensRequest([65, 0xf0, 0x9f]));
    const { incompleteText, usage } = completedOf(messages);
    assert.deepEqual([textOf(messages), incompleteText, usage?.outputTokens], ["A", true, 3]);
  });

  it("ends by the context where no maximum was given and the context is smaller", async () => {
    const ids = [SCRIPT.CYCLE, 65];
    const stopping = { stopSequences: [], stopTokenIds: [], maxOutputTokens: undefined };
    const long = Array.from({ length: 1_900 }, () => 66);
    const { messages } = await suite.client.stream(tokensRequest([...ids, ...long], { stopping }));
    const { finishReason, usage } = completedOf(messages);
    assert.deepEqual([finishReason, usage?.outputTokens], [FinishReason.CONTEXT_LENGTH, 2_048 - 1_902]);
  });

  it("reads a chat through the model's template, and goes on inside a partial answer", async () => {
    const messages = [said(2, "Hi"), said(3, "Well")] as const;
    const { messages: events, status } = await suite.client.stream({
      ...promptRequest(""),
      input: { $case: "chat", value: chatOf([...messages]) },
    });
    assert.equal(status.code, 0);
    // The scripted engine echoes the prompt without its control tokens.
    assert.match(textOf(events), /user\nHi\n.*assistant\nWell$/s);
  });
});
