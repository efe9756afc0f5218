import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { status as Status } from "@grpc/grpc-js";
import fc from "fast-check";
import type { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { chunksOf, completedOf, textOf } from "../support/generation-text.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, resultOf, tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";

/** Each reader before the last is replaced once it has seen so many messages (0: at once), or when it has ended. */
const scripts = fc.record({
  bytes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 40 }),
  maxOutputTokens: fc.integer({ min: 1, max: 250 }),
  replacedAfter: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 }),
  tokenIds: fc.boolean(),
});

describe("Readers that take over from each other at random moments", () => {
  const suite = serveSuite({ engine: { stepMs: 1 } });
  let lastKey = 0;

  it("leave the last one with what an undisturbed run gives, and the others ABORTED", async function () {
    this.timeout(120_000);
    let takenOver = 0;
    const property = fc.asyncProperty(scripts, async ({ bytes, maxOutputTokens, replacedAfter, tokenIds }) => {
      const stopping = { maxOutputTokens, stopSequences: [], stopTokenIds: [] };
      const fields = { stopping, output: { tokenIds }, sampling: { seed: 1, logitBias: [] } };
      const plain = tokensRequest([SCRIPT.CYCLE, ...bytes], fields);
      const request: GenerateStreamRequest = { ...plain, idempotencyKey: `key ${++lastKey}` };
      const undisturbed = await suite.client.stream(plain);
      const before = suite.server.scheduler.load().totals.acceptedGenerations;
      const replaced = [];
      for (const count of replacedAfter) {
        const stream = suite.client.generation.generateStream(request);
        const result = resultOf(stream);
        if (count > 0) await messageOf(stream, ({ sequence }) => sequence >= count).catch(() => {});
        replaced.push(result);
      }
      const last = await suite.client.stream(request);
      assert.equal(last.status.code, Status.OK);
      const completed = completedOf(last.messages);
      assert.equal(textOf(last.messages), textOf(undisturbed.messages));
      assert.deepEqual(completed.textSha256, createHash("sha256").update(textOf(last.messages)).digest());
      const whole = completedOf(undisturbed.messages);
      assert.deepEqual(
        [completed.finishReason, completed.incompleteText, completed.usage?.outputTokens],
        [whole.finishReason, whole.incompleteText, whole.usage?.outputTokens],
      );
      assert.equal(completed.usage?.undeliveredOutputTokens, 0);
      const ids = (result: typeof last): number[] => chunksOf(result.messages).flatMap((chunk) => chunk.tokenIds);
      assert.deepEqual(ids(last), ids(undisturbed));
      let tokens = 0;
      for (const chunk of chunksOf(last.messages)) assert.equal(chunk.outputTokens, (tokens += chunk.tokenCount));
      for (const { messages, status } of [...(await Promise.all(replaced)), last]) {
        assert.deepEqual(
          messages.map(({ sequence }) => sequence),
          messages.map((_, index) => index + 1),
        );
        assert.equal(status.generationId, last.status.generationId);
        const ends = messages.filter(({ event }) => event?.$case === "completed").length;
        const isReplaced = status.reason === "TAKEN_OVER";
        if (!isReplaced) assert.deepEqual([status.code, ends], [0, 1]);
        else assert.deepEqual([status.code, status.reason, ends], [Status.ABORTED, "TAKEN_OVER", 0]);
        if (isReplaced) takenOver++;
      }
      assert.equal(suite.server.scheduler.load().totals.acceptedGenerations, before + 1);
    });
    await fc.assert(property, { numRuns: 40 });
    assert.ok(takenOver > 20, `only ${takenOver} were taken over`);
  });
});
