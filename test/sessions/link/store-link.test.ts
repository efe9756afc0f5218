import assert from "node:assert/strict";
import { EQUAL_TENANTS } from "../../../src/core/tenant-policy.js";
import { CalledStore } from "../../../src/sessions/link/called-store.js";
import { StoreLink } from "../../../src/sessions/link/store-link.js";
import { RecordingLogger } from "../../scheduler/recording-logger.js";
import { ManualClock } from "../../support/manual-clock.js";
import { LIMITS, problemOf, valueOf } from "../store-rig.js";

const entry = new URL("../dying-store-worker.js", import.meta.url);
const KEY = { owner: "a", sessionId: "b", expectedRevision: undefined };

describe("The link to the store's thread", () => {
  const setUp = (maxCommands: number) => {
    const clock = new ManualClock();
    const log = new RecordingLogger();
    const runner = new StoreLink({ path: "unused", limits: LIMITS, clock, log, entry });
    const store = new CalledStore({
      runner,
      policies: EQUAL_TENANTS,
      clock,
      log,
      wallNowMs: () => 0,
      maxCommands,
      answerMs: 10_000,
    });
    return { clock, lines: log.lines, store };
  };

  it("answers for a thread that died, and starts another one after a pause", async () => {
    const { clock, lines, store } = setUp(10);
    await using _store = store;
    valueOf(await store.delete(KEY));
    const fallen = [store.get(KEY), store.sweep(1)];
    for (const result of await Promise.all(fallen)) {
      const problem = problemOf(result);
      assert.ok(problem.type === "unavailable" && problem.fault === "closed");
      assert.match(problem.message, /the thread's own words/);
    }
    assert.deepEqual(
      lines.map(({ message }) => message),
      ["the store's thread died"],
    );
    assert.equal(problemOf(await store.delete(KEY)).type, "unavailable");
    clock.advance(1_000);
    valueOf(await store.delete(KEY));
    assert.deepEqual(store.report.calls.delete, { ok: 2, refused: 0, unavailable: 1 });
    assert.equal(store.report.underWay, 0);
  });

  it("waits no longer than its bound, and takes no more calls than its bound", async () => {
    const { clock, store } = setUp(2);
    await using _store = store;
    const silent = [store.sweep(1), store.sweep(1)];
    const refused = problemOf(await store.delete(KEY));
    assert.ok(refused.type === "unavailable" && refused.fault === "overloaded");
    clock.advance(10_000);
    for (const result of await Promise.all(silent)) {
      const problem = problemOf(result);
      assert.ok(problem.type === "unavailable" && problem.fault === "unreachable");
    }
    // The thread has them still: they count until it answers.
    assert.equal(problemOf(await store.delete(KEY)).type, "unavailable");
  });
});
