import assert from "node:assert/strict";
import fc from "fast-check";
import type { Duration } from "../../generated/google/protobuf/duration.js";
import type { Generation } from "../../generated/rill/v1/generation.js";
import {
  CancelMode,
  GenerateStreamRequest,
  GenerateStreamResponse,
} from "../../generated/rill/v1/generation_service.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { chunksOf } from "../support/generation-text.js";
import { endedGeneration, knownWhen } from "../support/ledger-watch.js";
import { ManualClock } from "../support/manual-clock.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails } from "../support/status-details.js";
import { tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";

/** The least that a framed chunk takes of a window. */
const MIN_CHUNK_BYTES = 10;

const ENDS = ["none", "immediate", "soft", "slow", "deadline", "reset", "disconnect"] as const;

/** One reader: how it reads, and how its call is to end. It may come to its own end before. */
const reading = fc.record({
  windowBytes: fc.integer({ min: 0, max: 1_500 }),
  maxOutputTokens: fc.integer({ min: 1, max: 600 }),
  messagesBeforePause: fc.nat({ max: 20 }),
  pauses: fc.boolean(),
  end: fc.constantFrom(...ENDS),
});

type Reading = typeof reading extends fc.Arbitrary<infer T> ? T : never;

const ms = (duration: Duration | undefined): number => (duration?.seconds ?? 0) * 1e3 + (duration?.nanos ?? 0) / 1e6;

describe("The ledger under random ends", () => {
  const clock = new ManualClock();
  const suite = serveSuite({ clock });
  let lastCall = 0;
  const met = new Map<string, number>();

  const end = async (how: Reading["end"], requestId: string, reader: RawHttp2Reader): Promise<void> => {
    if (how === "immediate" || how === "soft") {
      const mode = how === "soft" ? CancelMode.SOFT : CancelMode.IMMEDIATE;
      // NOT_FOUND where it has come to its end already.
      await suite.client.cancel({ target: { $case: "requestId", value: requestId }, mode }).catch(() => {});
    } else if (how === "slow") {
      // A reader is not behind in every moment in which its generation is parked.
      while ((await suite.client.known({ $case: "requestId", value: requestId })).end === undefined) {
        clock.advance(suite.server.limits.slowReaderStallMs);
      }
    } else if (how === "reset") reader.cancel();
    else if (how === "disconnect") reader.disconnect();
  };

  /** Plays one reader to its end; gives what it saw, and what the ledger has. */
  const play = async (script: Reading): Promise<void> => {
    const requestId = `call ${++lastCall}`;
    const stopping = { maxOutputTokens: script.maxOutputTokens, stopSequences: [], stopTokenIds: [] };
    const request = tokensRequest([SCRIPT.CYCLE, 65, 66], { requestId, stopping });
    await using reader = await RawHttp2Reader.open({
      address: suite.server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(request).finish(),
      windowBytes: script.windowBytes,
      metadata: script.end === "deadline" ? { "grpc-timeout": "80m" } : {},
    });
    if (script.windowBytes > 400) await reader.waitForMessages(script.messagesBeforePause);
    if (script.pauses) reader.pause();
    const target = { $case: "requestId", value: requestId } as const;
    const stands = script.pauses || script.windowBytes === 0;
    await knownWhen(suite.client, target, ({ state }) => !stands || state >= GenerationState.PARKED);
    await end(script.end, requestId, reader);
    const left = script.end === "reset" || script.end === "disconnect";
    if (!left) {
      if (script.end !== "none" && script.end !== "soft") await endedGeneration(suite.client, requestId);
      reader.resume();
      reader.openWindow(1_000_000);
      await reader.ended;
    }
    const ended = await endedGeneration(suite.client, requestId);
    // By then the server has seen whatever the reader has taken.
    await suite.client.load();
    check(script, {
      reader,
      generation: left ? ended : await suite.client.known(target),
      end: left ? undefined : await reader.ended,
    });
  };

  const check = (
    script: Reading,
    seen: { reader: RawHttp2Reader; generation: Generation; end: Awaited<RawHttp2Reader["ended"]> | undefined },
  ): void => {
    const { state, usage, timings, end: ledgerEnd } = seen.generation;
    const messages = seen.reader.messages.map((bytes) => GenerateStreamResponse.decode(bytes));
    const seenTokens = chunksOf(messages).reduce((sum, { tokenCount }) => sum + tokenCount, 0);
    assert.ok(usage !== undefined && timings !== undefined && ledgerEnd !== undefined);
    assert.equal(state, GenerationState.ENDED);
    assert.equal(usage.deliveredOutputTokens + usage.undeliveredOutputTokens, usage.outputTokens);
    assert.ok(usage.outputTokens <= script.maxOutputTokens);
    const parts = [timings.queue, timings.prepare, timings.prefill, timings.decode, timings.parked];
    assert.ok(Math.abs(parts.reduce((sum, part) => sum + ms(part), 0) - ms(timings.total)) < 1e-3);
    const last = messages.at(-1)?.event;
    if (seen.end?.grpcStatus === undefined) {
      // It left, or was reset.
      // What its window had taken and it had not read was delivered too.
      const unread = usage.deliveredOutputTokens - seenTokens;
      assert.ok(unread >= 0 && unread <= Math.max(script.windowBytes / MIN_CHUNK_BYTES, 1) * 32, `${unread} unread`);
    } else {
      assert.equal(usage.deliveredOutputTokens, seenTokens);
      if (last?.$case === "completed") {
        assert.deepEqual(ledgerEnd, { $case: "finishReason", value: last.value.finishReason });
        assert.deepEqual([usage, timings], [last.value.usage, last.value.timings]);
      } else {
        const { code, reason } = rawStatusDetails(seen.end);
        assert.equal(ledgerEnd.$case, "status");
        assert.deepEqual([ledgerEnd.value.code, ledgerEnd.value.reason], [code, reason]);
      }
    }
    const name = ledgerEnd.$case === "status" ? ledgerEnd.value.reason : String(ledgerEnd.value);
    met.set(name, (met.get(name) ?? 0) + 1);
  };

  it("tells of each what its reader saw: tokens that add up, and how it ended", async function () {
    this.timeout(120_000);
    const scripts = fc.array(reading, { minLength: 1, maxLength: 4 });
    const everyEnd = ENDS.map((how) => ({
      windowBytes: 300,
      maxOutputTokens: 500,
      messagesBeforePause: 2,
      pauses: true,
      end: how,
    }));
    const property = fc.asyncProperty(scripts, async (readings) => {
      // Time that moves on for one makes the others' questions late as well.
      const [slow, others] = [true, false].map((isSlow) => readings.filter(({ end }) => (end === "slow") === isSlow));
      await Promise.all((others ?? []).map(play));
      for (const script of slow ?? []) await play(script);
    });
    await fc.assert(property, { numRuns: 40, examples: everyEnd.map((script) => [[script]]) });
    for (const reason of ["CANCELLED", "SLOW_READER", "DEADLINE_EXCEEDED"])
      assert.ok(met.has(reason), `never ${reason}`);
  });
});
