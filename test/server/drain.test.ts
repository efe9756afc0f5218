import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { drain } from "../../src/server/drain.js";
import { GenerationError } from "../../src/core/generation-error.js";
import { Deferred } from "../../src/sync/deferred.js";
import { ManualClock } from "../support/manual-clock.js";

const HURRIED_END = new GenerationError("DRAINED", "closed");

/** A drain of 5 s and 60 s, with everything that it does written down. */
function startDrain() {
  const clock = new ManualClock();
  const closed = new Deferred<void>();
  const hurry = new Deferred<void>();
  const done: string[] = [];
  const ended = drain({
    rpc: {
      endWatches: () => done.push("end watches"),
      shutdown: (graceMs) => {
        done.push(`shut down within ${graceMs}`);
        return closed.promise;
      },
    },
    scheduler: {
      closeAdmission: () => done.push("close admission"),
      endAll: ({ code }) => done.push(`end all with ${code}`),
    },
    clock,
    delayMs: 5_000,
    graceMs: 60_000,
    hurry: hurry.promise,
    hurriedEnd: () => HURRIED_END,
  }).then(() => done.push("drained"));
  return { clock, closed, hurry, done, ended };
}

const REFUSED = ["close admission", "end watches", "shut down within 60000"];

describe("drain", () => {
  it("accepts for the whole delay, and then nothing more", async () => {
    const { clock, done } = startDrain();
    clock.advance(4_999);
    await turn();
    assert.deepEqual(done, []);
    clock.advance(1);
    await turn();
    assert.deepEqual(done, REFUSED);
  });

  it("is over when the last call is", async () => {
    const { clock, closed, done, ended } = startDrain();
    clock.advance(5_000);
    await turn();
    closed.resolve();
    await ended;
    assert.equal(done.at(-1), "drained");
    assert.equal(clock.pendingTimers, 0);
  });

  it("skips the delay in a hurry, ends what runs, and waits a second for the statuses", async () => {
    const { clock, hurry, done, ended } = startDrain();
    hurry.resolve();
    await turn();
    assert.deepEqual(done, [...REFUSED, "end all with DRAINED"]);
    clock.advance(999);
    await turn();
    assert.equal(done.at(-1), "end all with DRAINED");
    clock.advance(1);
    await ended;
    assert.equal(clock.pendingTimers, 0);
  });

  it("skips the grace in a hurry, and does not wait where the statuses are out", async () => {
    const { clock, closed, hurry, done, ended } = startDrain();
    clock.advance(5_000);
    await turn();
    hurry.resolve();
    await turn();
    assert.equal(done.at(-1), "end all with DRAINED");
    closed.resolve();
    await ended;
    assert.equal(done.at(-1), "drained");
  });
});
