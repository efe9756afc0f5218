import assert from "node:assert/strict";
import { GenerationError } from "../../src/core/generation-error.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

const REPLACED = new GenerationError("TAKEN_OVER", "another reader came");

describe("Generation that is handed over", () => {
  let rig: SchedulerRig;

  beforeEach(async () => {
    rig = await SchedulerRig.start({ slots: 1, limits: { creditPieces: 4 } });
  });

  afterEach(async () => {
    await rig[Symbol.asyncDispose]();
  });

  const open = (signal = new AbortController().signal): Generation =>
    rig.scheduler.open({
      tenant: "",
      requestId: undefined,
      lane: "interactive",
      labels: new Map(),
      signal,
      keepOutputBytes: 1_000,
    });

  it("gives its new reader the output from the start, and the credit of what nobody has taken", async () => {
    const first = open();
    rig.scheduler.submit(first, runOf(echo("once upon a time")));
    for (let taken = false; !taken;) {
      const event = await first.next();
      if (event.type !== "pieces") continue;
      first.taken(event.pieces);
      taken = true;
    }
    await rig.until(() => first.state === "parked");
    assert.ok(first.usage().deliveredTokens > 0);
    const second = first.handOver(REPLACED);
    await failureOf(first.next(), "TAKEN_OVER");
    first[Symbol.dispose]();
    const { text, pieces, finished } = await readAll(second);
    assert.equal(text, "once upon a time");
    assert.ok(pieces.length > 4);
    assert.deepEqual([finished.usage.outputTokens, finished.usage.deliveredTokens], [16, 16]);
    rig.assertBaseline();
  });

  it("wakes the reader that waits, which gets nothing more", async () => {
    const first = open();
    const waiting = failureOf(first.next(), "TAKEN_OVER");
    const second = first.handOver(REPLACED);
    await waiting;
    assert.throws(() => first.tryNext(), REPLACED);
    rig.scheduler.submit(second, runOf(echo("abc")));
    assert.equal((await readAll(second)).text, "abc");
  });

  it("counts once what two readers took", async () => {
    const first = open();
    rig.scheduler.submit(first, runOf(ENDLESS));
    await rig.until(() => first.state === "parked");
    const prefill = await first.next();
    assert.equal(prefill.type, "prefill");
    const seen = await first.next();
    assert.ok(seen.type === "pieces");
    const second = first.handOver(REPLACED);
    await second.next();
    const again = await second.next();
    assert.ok(again.type === "pieces");
    assert.deepEqual(again.pieces, seen.pieces);
    second.taken(again.pieces);
    first.taken(seen.pieces);
    assert.equal(second.usage().deliveredTokens, seen.pieces.length);
    await rig.until(() => second.state === "parked" && second.usage().outputTokens === 8);
    await rig.barrier();
    assert.equal(second.usage().outputTokens, 8);
    second[Symbol.dispose]();
    await rig.scheduler.drained();
  });

  it("can still be read when the reader before had the end already", async () => {
    const first = open();
    rig.scheduler.submit(first, runOf(echo("abc")));
    await readAll(first);
    const { text, finished } = await readAll(first.handOver(REPLACED));
    assert.deepEqual([text, finished.reason], ["abc", "end_of_turn"]);
    rig.assertBaseline();
  });

  it("is handed over once, and only where its output is kept", async () => {
    const first = open();
    first.handOver(REPLACED)[Symbol.dispose]();
    assert.throws(() => first.handOver(REPLACED), /nothing to hand over/);
    const plain = rig.open();
    assert.throws(() => plain.handOver(REPLACED), /nothing to hand over/);
    plain[Symbol.dispose]();
  });
});
