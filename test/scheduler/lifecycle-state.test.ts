import assert from "node:assert/strict";
import type { Lifecycle } from "../../src/core/load-snapshot.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";

const WAYS: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  starting: [],
  serving: ["serving"],
  draining: ["serving", "draining"],
  stopped: ["serving", "draining", "stopped"],
  failed: ["failed"],
};

const ALLOWED: readonly string[] = [
  "starting → serving",
  "starting → draining",
  "starting → failed",
  "serving → draining",
  "serving → failed",
  "draining → stopped",
  "draining → failed",
  "failed → failed",
];

describe("LifecycleState", () => {
  const states = Object.keys(WAYS) as Lifecycle[];
  for (const from of states) {
    for (const to of states) {
      const move = `${from} → ${to}`;
      const allowed = ALLOWED.includes(move);
      it(`${allowed ? "allows" : "refuses"} ${move}`, () => {
        const lifecycle = new LifecycleState();
        for (const step of WAYS[from]) lifecycle.advance(step);
        assert.equal(lifecycle.current, from);
        if (allowed) lifecycle.advance(to);
        else assert.throws(() => lifecycle.advance(to), /cannot go from/);
        assert.equal(lifecycle.current, allowed ? to : from);
      });
    }
  }

  it("tells each move before it returns, until the listener is disposed", () => {
    const lifecycle = new LifecycleState();
    const told: Lifecycle[] = [];
    const listening = lifecycle.onChange((now) => told.push(now));
    lifecycle.advance("serving");
    assert.deepEqual(told, ["serving"]);
    lifecycle.advance("failed");
    lifecycle.advance("failed");
    assert.deepEqual(told, ["serving", "failed"]);
    listening[Symbol.dispose]();

    const draining = new LifecycleState();
    const heard = draining.onChange((now) => told.push(now));
    heard[Symbol.dispose]();
    draining.advance("serving");
    assert.deepEqual(told, ["serving", "failed"]);
  });
});
