import assert from "node:assert/strict";
import type { Swept } from "../../src/sessions/session-store.js";
import { SessionSweeper } from "../../src/sessions/session-sweeper.js";
import type { StoreResult } from "../../src/sessions/store-problem.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { Deferred } from "../../src/sync/deferred.js";
import { ManualClock } from "../support/manual-clock.js";

const swept = (more: boolean): StoreResult<Swept> => ({ ok: true, value: { deletedSessions: 4, endedTurns: 0, more } });
const DOWN: StoreResult<Swept> = {
  ok: false,
  problem: { type: "unavailable", fault: "unreachable", message: "down" },
};

describe("The sweeper of sessions", () => {
  it("sweeps at the start, at once again while there is more, then at its interval, whatever came of it", async () => {
    const clock = new ManualClock();
    let sweeps = 0;
    let asked = new Deferred<Deferred<StoreResult<Swept>>>();
    const store = {
      sweep: () => {
        sweeps += 1;
        const answer = new Deferred<StoreResult<Swept>>();
        asked.resolve(answer);
        return answer.promise;
      },
    };
    /** Answers the sweep that goes on, once it does, and waits until the sweeper has taken that. */
    const answer = async (result: StoreResult<Swept>): Promise<void> => {
      const going = await asked.promise;
      asked = new Deferred();
      going.resolve(result);
      await going.promise;
      await Promise.resolve();
    };
    const sweeper = SessionSweeper.start({ store, intervalMs: 1_000, clock, log: silentLogger });
    await answer(swept(true));
    assert.equal(sweeps, 1);
    clock.advance(0);
    assert.equal(sweeps, 2);
    await answer(swept(false));
    clock.advance(999);
    assert.equal(sweeps, 2);
    clock.advance(1);
    assert.equal(sweeps, 3);
    await answer(DOWN);
    clock.pause(3_600_000);
    assert.equal(sweeps, 3, "after a stop of the process, the turns that run here renew their leases first");
    clock.advance(1_000);
    assert.equal(sweeps, 4);
    sweeper[Symbol.dispose]();
    await answer(swept(true));
    assert.equal(clock.pendingTimers, 0);
  });
});
