import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { serveUntilEnded } from "../../src/server/serve-until-ended.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { Deferred } from "../../src/sync/deferred.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { ManualClock } from "../support/manual-clock.js";

/** A service whose parts only write down what is asked of them. */
function startService() {
  const clock = new ManualClock();
  const lifecycle = new LifecycleState();
  lifecycle.advance("serving");
  const done: string[] = [];
  const [drainSignal, closeSignal] = [new AbortController(), new AbortController()];
  const callsOver = new Deferred<void>();
  const worker = (name: string) => {
    const lost = new Deferred<Error>();
    const close = async (): Promise<void> => {
      done.push(`close ${name}`);
    };
    const lose = (): void => lost.resolve(new Error("gone"));
    return { lose, link: { lost: lost.promise, [Symbol.asyncDispose]: close } };
  };
  const [engine, preparer] = [worker("engine"), worker("preparer")];
  const code = serveUntilEnded({
    config: { drainDelayMs: 5_000, drainGraceMs: 60_000 },
    lifecycle,
    signals: { drain: drainSignal.signal, close: closeSignal.signal, first: "SIGTERM" },
    rpc: { endWatches: () => {}, shutdown: () => callsOver.promise },
    scheduler: {
      closeAdmission: () => done.push("refuse"),
      endAll: (error) => done.push(`end all with ${error.code}`),
    },
    engine: engine.link,
    preparer: preparer.link,
    clock,
    log: silentLogger,
    tell: (text) => done.push(text.trim()),
  });
  return { clock, lifecycle, done, drainSignal, closeSignal, callsOver, engine, preparer, code };
}

describe("serving until the end", () => {
  it("drains on the first signal: 0 when the calls are over, with the workers closed", async () => {
    const { clock, lifecycle, done, drainSignal, callsOver, code } = startService();
    await turn();
    assert.equal(done.length, 0);
    drainSignal.abort();
    await turn();
    assert.equal(lifecycle.current, "draining");
    assert.deepEqual(done, ["draining; a second signal closes at once"]);
    clock.advance(5_000);
    await turn();
    assert.equal(done.at(-1), "refuse");
    callsOver.resolve();
    assert.equal(await code, 0);
    assert.deepEqual(done.slice(-2), ["close engine", "close preparer"]);
    assert.equal(lifecycle.current, "stopped");
  });

  it("closes on the second signal: 130", async () => {
    const { clock, lifecycle, done, drainSignal, closeSignal, code } = startService();
    drainSignal.abort();
    closeSignal.abort();
    await turn();
    assert.ok(done.includes("end all with DRAINED"));
    clock.advance(1_000);
    assert.equal(await code, 130);
    assert.equal(lifecycle.current, "stopped");
  });

  for (const part of ["engine", "preparer"] as const) {
    it(`fails at once when the ${part} is lost, and ends all calls with ENGINE_LOST: 1`, async () => {
      const service = startService();
      service[part].lose();
      await turn();
      assert.equal(service.lifecycle.current, "failed");
      assert.deepEqual(service.done, ["refuse", "end all with ENGINE_LOST"]);
      service.callsOver.resolve();
      assert.equal(await service.code, 1);
      assert.deepEqual(service.done.slice(-2), ["close engine", "close preparer"]);
    });
  }

  it("fails when the engine is lost while it drains, without waiting for the grace: 1", async () => {
    const { clock, lifecycle, done, drainSignal, engine, code } = startService();
    drainSignal.abort();
    await turn();
    clock.advance(5_000);
    await turn();
    engine.lose();
    await turn();
    assert.equal(lifecycle.current, "failed");
    assert.equal(done.at(-1), "end all with ENGINE_LOST");
    clock.advance(1_000);
    assert.equal(await code, 1);
  });
});
