import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { serveUntilEnded } from "../../src/server/serve-until-ended.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { Deferred } from "../../src/sync/deferred.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { ManualClock } from "../support/manual-clock.js";

/** A service whose parts only write down what is asked of them. */
function startService({ isFromKeyboard = false, generations = 0 } = {}) {
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
    signals: { drain: drainSignal.signal, close: closeSignal.signal, first: "SIGTERM", isFromKeyboard },
    rpc: { endWatches: () => {}, shutdown: () => callsOver.promise },
    scheduler: {
      load: () => ({ generations: Array.from({ length: generations }) }),
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
    assert.equal(done.length, 1);
    assert.match(done[0] ?? "", /^draining with 0 generations: calls are accepted for 5s/);
    clock.advance(5_000);
    await turn();
    assert.equal(done.at(-1), "refuse");
    callsOver.resolve();
    assert.equal(await code, 0);
    assert.deepEqual(done.slice(-2), ["close engine", "close preparer"]);
    assert.equal(lifecycle.current, "stopped");
  });

  it("waits for no load balancer where a person ends it at a terminal, and says what it waits for", async () => {
    const { clock, done, drainSignal, callsOver, code } = startService({ isFromKeyboard: true, generations: 2 });
    drainSignal.abort();
    await turn();
    clock.advance(0);
    await turn();
    const [message, ...rest] = done;
    assert.equal(message, "waiting for 2 generations to end, at most 1m (--drain-grace); Ctrl-C again ends at once");
    assert.deepEqual(rest, ["refuse"]);
    callsOver.resolve();
    assert.equal(await code, 0);
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
