import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { systemClock } from "../../src/sync/clock.js";

describe("systemClock", () => {
  // The clock's own timers do not keep the process alive while a test waits for them.
  let guard: NodeJS.Timeout;
  before(() => (guard = setTimeout(() => undefined, 60_000)));
  after(() => clearTimeout(guard));

  it("fires its timers in the order in which they fall due", async () => {
    const fired: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.startTimer(20, resolve);
      systemClock.startTimer(10, () => fired.push("second"));
      systemClock.startTimer(1, () => fired.push("first"));
    });
    assert.deepEqual(fired, ["first", "second"]);
  });

  it("does not fire a timer that was disposed", async () => {
    let fired = false;
    systemClock.startTimer(1, () => (fired = true))[Symbol.dispose]();
    await new Promise<void>((resolve) => systemClock.startTimer(10, resolve));
    assert.equal(fired, false);
  });

  it("never keeps the process alive", () => {
    const clock = new URL("../../src/sync/clock.js", import.meta.url).href;
    const program = `const { systemClock } = await import(${JSON.stringify(clock)}); systemClock.startTimer(600_000, () => {});`;
    const { status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 10_000 });
    assert.deepEqual({ status, signal }, { status: 0, signal: null });
  });
});
