import assert from "node:assert/strict";
import { GenerationError } from "../../../src/core/generation-error.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "../scheduler-rig.js";

describe("Generation", () => {
  describe("that runs to its end", () => {
    it("tells prefill, pieces and the finish, and its counts and times add up", async () => {
      await using rig = await SchedulerRig.start();
      const generation = rig.open();
      assert.equal(generation.state, "preparing");
      rig.clock.advance(40);
      rig.scheduler.submit(generation, { ...runOf(echo("hello")), prepareMs: 30 });
      assert.equal(generation.state, "prefilling");
      const { events, text, pieces, finished } = await readAll(generation);
      assert.equal(text, "hello");
      assert.deepEqual([...new Set(events.map((event) => event.type))], ["prefill", "pieces", "finished"]);
      assert.equal(finished.reason, "end_of_turn");
      assert.deepEqual(finished.usage, {
        inputTokens: 5,
        reusedInputTokens: 0,
        outputTokens: 5,
        reasoningTokens: 0,
        deliveredTokens: 5,
      });
      assert.equal(pieces.flatMap((piece) => piece.tokenIds).length, 5);
      const { queueMs, prepareMs, prefillMs, decodeMs, parkedMs, totalMs } = finished.timings;
      assert.equal(prepareMs, 30);
      assert.ok(queueMs >= 0 && totalMs >= 40);
      assert.ok(Math.abs(queueMs + prepareMs + prefillMs + decodeMs + parkedMs - totalMs) < 1e-9);
      assert.equal(generation.state, "ended");
      rig.assertBaseline();
    });

    it("measures the time to the first chunk from the opening of the call", async () => {
      await using rig = await SchedulerRig.start();
      const generation = rig.open();
      rig.scheduler.submit(generation, runOf(echo("a")));
      assert.equal(generation.timings().timeToFirstTokenMs, undefined);
      rig.clock.advance(25);
      generation.markFirstChunk();
      rig.clock.advance(25);
      generation.markFirstChunk();
      assert.equal(generation.timings().timeToFirstTokenMs, 25);
      await readAll(generation);
    });

    it("holds the finish back until all pieces were read, and counts what was delivered by then", async () => {
      await using rig = await SchedulerRig.start();
      const generation = rig.submit(echo("abc"));
      await rig.until(() => generation.state === "ended");
      assert.equal(rig.busySlots, 0);
      assert.equal((await generation.next()).type, "prefill");
      const pieces = await generation.next();
      assert.equal(pieces.type, "pieces");
      assert.equal(generation.usage().deliveredTokens, 0);
      generation.taken(pieces.pieces);
      const finished = await generation.next();
      assert.equal(finished.type, "finished");
      assert.equal(finished.usage.deliveredTokens, 3);
    });

    it("is read by one reader, up to the end and no further", async () => {
      await using rig = await SchedulerRig.start();
      const generation = rig.submit(ENDLESS);
      for (let event = generation.tryNext(); generation.state !== "parked" || event !== undefined;) {
        if (event === undefined) await rig.notice();
        event = generation.tryNext();
      }
      const waiting = generation.next();
      await assert.rejects(generation.next(), /one reader/);
      generation[Symbol.dispose]();
      await failureOf(waiting, "CANCELLED");

      const short = rig.submit(echo("a"));
      await readAll(short);
      await assert.rejects(short.next(), /next\(\) after the end/);
      assert.equal(short.tryNext(), undefined);
    });

    it("is submitted once", async () => {
      await using rig = await SchedulerRig.start();
      const generation = rig.submit(echo("a"));
      assert.throws(() => rig.scheduler.submit(generation, runOf(echo("a"))), /submitted once/);
      await readAll(generation);
      assert.throws(() => rig.scheduler.submit(generation, runOf(echo("a"))), /submitted once/);
    });
  });

  describe("whose reader is behind", () => {
    it("is parked when its credit is spent and goes on when pieces are taken", async () => {
      await using rig = await SchedulerRig.start({ limits: { creditPieces: 4 } });
      const generation = rig.submit(ENDLESS);
      await rig.until(() => generation.parked);
      assert.equal(generation.usage().outputTokens, 4);
      assert.equal(rig.scheduler.load().parked, 1);
      await rig.barrier();
      assert.equal(generation.usage().outputTokens, 4);
      assert.equal((await generation.next()).type, "prefill");
      const first = await generation.next();
      assert.equal(first.type, "pieces");
      assert.equal(first.pieces.length, 4);
      generation.taken(first.pieces.slice(0, 3));
      await rig.until(() => generation.usage().outputTokens === 7 && generation.parked);
      generation[Symbol.dispose]();
      await rig.until(() => rig.busySlots === 0);
    });

    it("gets back what it stands still for, however little that is", async () => {
      await using rig = await SchedulerRig.start({ limits: { creditPieces: 32 } });
      const generation = rig.submit(ENDLESS);
      await rig.until(() => generation.parked);
      await generation.next();
      const first = await generation.next();
      assert.equal(first.type, "pieces");
      generation.taken(first.pieces.slice(0, 1));
      await rig.until(() => generation.usage().outputTokens === 33 && generation.parked);
    });

    it("gets back what was taken while it ran once it stands still", async () => {
      await using rig = await SchedulerRig.start({ engine: { stepMs: 2 }, limits: { creditPieces: 32 } });
      const generation = rig.submit(ENDLESS);
      await generation.next();
      const first = await generation.next();
      assert.equal(first.type, "pieces");
      assert.ok(first.pieces.length < 8);
      generation.taken(first.pieces);
      await rig.until(() => generation.usage().outputTokens === 32 + first.pieces.length && generation.parked);
    });

    it("is parked by bytes as well", async () => {
      await using rig = await SchedulerRig.start({ limits: { creditBytes: 3 } });
      const generation = rig.submit(ENDLESS);
      await rig.until(() => generation.parked);
      assert.equal(generation.usage().outputTokens, 3);
    });
  });

  describe("whose call is aborted", () => {
    const reason = new GenerationError("DEADLINE_EXCEEDED", "the deadline has passed");

    it("has nothing but its registration to give up while it is being prepared", async () => {
      await using rig = await SchedulerRig.start();
      const controller = new AbortController();
      const generation = rig.open({ controller });
      controller.abort(reason);
      rig.assertBaseline([controller.signal]);
      assert.equal(
        await failureOf(() => rig.scheduler.submit(generation, runOf(echo("a"))), "DEADLINE_EXCEEDED"),
        reason,
      );
      assert.equal(await failureOf(generation.next(), "DEADLINE_EXCEEDED"), reason);
    });

    it("is out of the queue in the moment of the abort", async () => {
      await using rig = await SchedulerRig.start({ slots: 1 });
      const holder = rig.submit(ENDLESS);
      const controller = new AbortController();
      const generation = rig.submit(echo("a"), { controller });
      assert.equal(rig.scheduler.load().queues.interactive.waiting, 1);
      const reading = (async () => {
        assert.equal((await generation.next()).type, "queued");
        await generation.next();
      })();
      controller.abort(reason);
      assert.equal(rig.scheduler.load().queues.interactive.waiting, 0);
      assert.equal(generation.state, "ended");
      assert.equal(await failureOf(reading, "DEADLINE_EXCEEDED"), reason);
      holder[Symbol.dispose]();
      await rig.until(() => rig.busySlots === 0);
      rig.assertBaseline([controller.signal]);
    });

    it("tells its reader at once, and frees its slot when the engine says so", async () => {
      await using rig = await SchedulerRig.start();
      const controller = new AbortController();
      const generation = rig.submit(ENDLESS, { controller, requestId: "mine" });
      await rig.until(() => generation.parked);
      controller.abort(reason);
      // No notice of the engine was awaited since.
      assert.equal(await failureOf(generation.next(), "DEADLINE_EXCEEDED"), reason);
      assert.throws(() => generation.tryNext(), reason);
      assert.equal(rig.busySlots, 1);
      assert.equal(generation.state, "parked");
      await failureOf(() => rig.open({ requestId: "mine" }), "REQUEST_ID_IN_USE");
      await rig.until(() => rig.busySlots === 0);
      assert.equal(generation.state, "ended");
      assert.equal(await failureOf(generation.next(), "DEADLINE_EXCEEDED"), reason);
      rig.assertBaseline([controller.signal]);
    });

    it("drops what is left when the run is over but not read to the end", async () => {
      await using rig = await SchedulerRig.start();
      const controller = new AbortController();
      const generation = rig.submit(echo("abc"), { controller });
      await rig.until(() => generation.state === "ended");
      controller.abort(reason);
      assert.equal(await failureOf(generation.next(), "DEADLINE_EXCEEDED"), reason);
      rig.assertBaseline([controller.signal]);
    });

    it("is left by `using` as by an abort, and once it has ended no more", async () => {
      await using rig = await SchedulerRig.start();
      const controller = new AbortController();
      {
        using generation = rig.submit(ENDLESS, { controller });
        await rig.until(() => generation.parked);
      }
      await rig.until(() => rig.busySlots === 0);
      {
        using generation = rig.submit(echo("a"), { controller });
        await readAll(generation);
      }
      rig.assertBaseline([controller.signal]);
      assert.deepEqual(
        [...rig.scheduler.load().totals.ended],
        [
          ["CANCELLED", 1],
          ["end_of_turn", 1],
        ],
      );
    });

    it("keeps an abort's reason that is no GenerationError for the log alone", async () => {
      await using rig = await SchedulerRig.start();
      const controller = new AbortController();
      const generation = rig.submit(ENDLESS, { controller });
      controller.abort(new Error("secret"));
      const error = await failureOf(generation.next(), "INTERNAL");
      assert.doesNotMatch(error.message, /secret/);
    });
  });

  describe("in which the engine fails", () => {
    for (const [what, script] of [
      ["a pull", SCRIPT.FAIL_PULL],
      ["a part of its prompt", SCRIPT.FAIL_PREFILL],
    ] as const) {
      it(`ends ENGINE_FAULT when ${what} fails, logs the cause once, and its neighbour goes on`, async () => {
        await using rig = await SchedulerRig.start();
        const neighbour = rig.submit(echo("a neighbour's text"));
        const generation = rig.submit(echo("ab", script, ...Array.from({ length: 80 }, () => 97)));
        const [error, { text }] = await Promise.all([
          failureOf(readAll(generation), "ENGINE_FAULT"),
          readAll(neighbour),
        ]);
        assert.equal(text, "a neighbour's text");
        assert.deepEqual(error.facts, { generation_id: generation.generationId });
        assert.doesNotMatch(error.message, /script/);
        const errors = rig.log.about(generation.generationId).filter((line) => line.level === "error");
        assert.deepEqual(
          errors.map((line) => line.fields.cause),
          ["the script says fail"],
        );
        rig.assertBaseline();
      });
    }
  });
});
