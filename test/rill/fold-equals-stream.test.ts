import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { Channel } from "../../generated/rill/v1/generation_event.js";
import type { GenerateResponse, GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { chunksOf, completedOf, textOf } from "../support/generation-text.js";
import { MARK, marked } from "../support/marked-output.js";
import { promptRequest, TestClient, tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";
import { TestServer } from "../support/test-server.js";

/** A slice of a text may begin or end inside a code point. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

/** Prompts that the scripted engine echoes: text of any planes, or bytes that need not be text at all. */
const requests = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((text) => ({ text, ids: undefined })),
    fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 60 }).map((ids) => ({ text: "", ids })),
  )
  .chain(({ text, ids }) => {
    const stops = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
      fc
        .nat({ max: Math.max(text.length - 1, 0) })
        .map((start) => Array.from(text.slice(start)).slice(0, 2).join("") || "x"),
    );
    return fc.record({
      text: fc.constant(text),
      ids: fc.constant(ids),
      stopSequences: fc.array(stops, { maxLength: 3 }),
      stopTokenIds: fc.array(fc.integer({ min: 0, max: 290 }), { maxLength: 2 }),
      maxOutputTokens: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
    });
  })
  .map(({ text, ids, stopSequences, stopTokenIds, maxOutputTokens }): GenerateStreamRequest => {
    const stopping = { stopSequences: stopSequences.map(wellFormed), stopTokenIds, maxOutputTokens };
    const fields = { stopping, output: { tokenIds: true, usage: true, logprobs: 2, tokenBytes: true } };
    return ids === undefined ? promptRequest(wellFormed(text), fields) : tokensRequest(ids, fields);
  });

describe("Generate and GenerateStream", () => {
  const suite = serveSuite();

  it("give the same text, tokens and end for the same request, and counts that add up", async () => {
    const property = fc.asyncProperty(requests, async (request) => {
      const [unary, { messages, status }] = await Promise.all([
        suite.client.generate(request),
        suite.client.stream(request),
      ]);
      assert.equal(status.code, 0);
      const completed = completedOf(messages);
      const chunks = chunksOf(messages);
      assert.equal(unary.text, textOf(messages));
      assert.deepEqual(
        unary.tokenIds,
        chunks.flatMap(({ tokenIds }) => tokenIds),
      );
      assert.deepEqual(
        unary.logprobs,
        chunks.flatMap(({ logprobs }) => logprobs),
      );
      assert.deepEqual(
        unary.tokenBytes,
        chunks.flatMap(({ tokenBytes }) => tokenBytes),
      );
      assert.deepEqual(
        unary.logprobs.map(({ tokenId }) => tokenId),
        unary.tokenIds,
      );
      assert.equal(unary.tokenBytes.length, unary.tokenIds.length);
      assert.deepEqual(
        [unary.finishReason, unary.stopMatch, unary.incompleteText],
        [completed.finishReason, completed.stopMatch, completed.incompleteText],
      );
      assert.deepEqual(unary.textSha256, createHash("sha256").update(unary.text).digest());
      assert.deepEqual(completed.textSha256, unary.textSha256);
      assert.deepEqual(
        messages.map(({ sequence }) => sequence),
        messages.map((_, index) => index + 1),
      );
      let outputTokens = 0;
      for (const chunk of chunks) {
        outputTokens += chunk.tokenCount;
        assert.equal(chunk.outputTokens, outputTokens);
        assert.equal(chunk.text, wellFormed(chunk.text));
      }
      for (const { usage } of [unary, completed]) {
        assert.equal(usage?.outputTokens, outputTokens);
        assert.equal(usage.deliveredOutputTokens + usage.undeliveredOutputTokens, usage.outputTokens);
        assert.equal(usage.undeliveredOutputTokens, 0);
        assert.ok(usage.reusedInputTokens <= usage.inputTokens);
      }
      for (const stop of request.stopping?.stopSequences ?? []) assert.ok(!unary.text.includes(stop));
    });
    await fc.assert(property, { numRuns: 80 });
  });

  it("count the same tokens at any mix of readers", async () => {
    const prompts = Array.from({ length: 12 }, (_, index) => "word ".repeat(index + 1));
    const answers = await Promise.all(
      prompts.map(async (prompt, index) =>
        index % 2 === 0
          ? (await suite.client.generate(promptRequest(prompt))).text
          : textOf((await suite.client.stream(promptRequest(prompt))).messages),
      ),
    );
    assert.deepEqual(answers, prompts);
  });
});

/** Outputs with thinking, calls and text in any order, some of them cut off in the middle. */
const markedRequests = fc
  .record({
    parts: fc.array(
      fc.oneof(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).map((text) => [wellFormed(text)]),
        fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => [MARK.THINK, wellFormed(text), MARK.THINK]),
        fc
          .dictionary(fc.string({ maxLength: 3 }), fc.nat(), { maxKeys: 3 })
          .map((args) => [MARK.CALL, JSON.stringify(args), MARK.END]),
      ),
      { minLength: 1, maxLength: 8 },
    ),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    maxChunkDelayMs: fc.constantFrom(0, 5),
  })
  .map(({ parts, maxOutputTokens, maxChunkDelayMs }) => ({
    request: tokensRequest(marked(...parts.flat()), {
      stopping: { stopSequences: [], stopTokenIds: [], maxOutputTokens },
      output: { tokenIds: true, usage: true, logprobs: 1, tokenBytes: true },
    }),
    delivery: { maxChunkDelay: { seconds: 0, nanos: maxChunkDelayMs * 1e6 } },
  }));

describe("Generate and GenerateStream of an output with channels and calls", () => {
  it("give the same, each text on its channel and each call at its place", async () => {
    await using server = await TestServer.start({ engine: { marks: true } });
    using client = new TestClient(server.address);
    const property = fc.asyncProperty(markedRequests, async ({ request, delivery }) => {
      const [unary, { messages, status }] = await Promise.all([
        client.generate(request),
        client.stream({ ...request, delivery }),
      ]);
      assert.equal(status.code, 0);
      let text = "";
      let reasoning = "";
      let tokens = 0;
      const ids: number[] = [];
      const calls: GenerateResponse["toolCalls"] = [];
      for (const { event } of messages) {
        if (event?.$case !== "chunk" && event?.$case !== "toolCall") continue;
        assert.equal(event.value.outputTokens, (tokens += event.value.tokenCount));
        assert.equal(event.value.usage?.inputTokens, unary.usage?.inputTokens);
        assert.equal(event.value.logprobs.length, event.value.tokenIds.length);
        ids.push(...event.value.tokenIds);
        if (event.$case === "chunk") {
          const { channel } = event.value;
          if (channel === Channel.REASONING) reasoning += event.value.text;
          else text += event.value.text;
          assert.ok(channel === Channel.ANSWER || channel === Channel.REASONING);
        } else {
          const { index, id, name, arguments: fragment } = event.value;
          const call = calls[index];
          if (call !== undefined) {
            assert.deepEqual([id, name, index], [undefined, undefined, calls.length - 1]);
            call.arguments += fragment;
          } else {
            assert.equal(index, calls.length);
            calls.push({
              id: id ?? "none",
              name: name ?? "none",
              arguments: fragment,
              textOffsetBytes: Buffer.byteLength(text),
            });
          }
        }
      }
      const plain = unary.toolCalls.map(({ id, name, arguments: args, textOffsetBytes }) => ({
        id,
        name,
        arguments: args,
        textOffsetBytes,
      }));
      assert.deepEqual([unary.text, unary.reasoning, plain], [text, reasoning, calls]);
      assert.deepEqual(unary.tokenIds, ids);
      const completed = completedOf(messages);
      assert.deepEqual(completed.textSha256, createHash("sha256").update(text).digest());
      assert.deepEqual(unary.textSha256, completed.textSha256);
      assert.equal(completed.usage?.outputTokens, tokens);
      assert.equal(completed.usage.undeliveredOutputTokens, 0);
    });
    await fc.assert(property, { numRuns: 80 });
  });
});
