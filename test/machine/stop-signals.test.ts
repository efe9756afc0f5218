import assert from "node:assert/strict";
import { StopSignals } from "../../src/machine/stop-signals.js";

const NAMES = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

describe("stop signals", () => {
  let ignored = 0;
  let hangUps = 0;
  let nowMs = 0;
  const start = (atTerminal: boolean): StopSignals => {
    ignored = 0;
    hangUps = 0;
    return new StopSignals({
      atTerminal,
      nowMs: () => nowMs,
      onHangUp: () => (hangUps += 1),
      onReload: () => (ignored += 1),
    });
  };
  const seen = ({ drain, close, first }: StopSignals): unknown[] => [drain.aborted, close.aborted, first];

  it("ask for a drain first and for a close next, whichever they are", () => {
    using signals = start(false);
    assert.deepEqual(seen(signals), [false, false, undefined]);
    process.emit("SIGTERM", "SIGTERM");
    assert.deepEqual(seen(signals), [true, false, "SIGTERM"]);
    process.emit("SIGINT", "SIGINT");
    assert.deepEqual(seen(signals), [true, true, "SIGTERM"]);
  });

  it("take the terminal's going for a request to drain, however often it is told, and never for one to close", () => {
    using signals = start(true);
    for (let time = 0; time < 3; time++) process.emit("SIGHUP", "SIGHUP");
    assert.deepEqual([...seen(signals), hangUps, ignored], [true, false, "SIGHUP", 1, 0]);
    process.emit("SIGTERM", "SIGTERM");
    assert.deepEqual(seen(signals), [true, true, "SIGHUP"]);
  });

  it("take two SIGINT of one press of Ctrl-C for one, since npm passes it on", () => {
    using signals = start(true);
    process.emit("SIGINT", "SIGINT");
    assert.ok(signals.isFromKeyboard);
    nowMs += 5;
    process.emit("SIGINT", "SIGINT");
    assert.ok(!signals.close.aborted);
    nowMs += 200;
    process.emit("SIGINT", "SIGINT");
    assert.ok(signals.close.aborted);
  });

  it("take each SIGINT for a signal of its own where no terminal sends them", () => {
    using signals = start(false);
    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");
    assert.deepEqual([signals.isFromKeyboard, signals.close.aborted], [false, true]);
  });

  it("only say that SIGHUP came where no terminal can go", () => {
    using signals = start(false);
    process.emit("SIGHUP", "SIGHUP");
    process.emit("SIGHUP", "SIGHUP");
    assert.deepEqual([...seen(signals), ignored], [false, false, undefined, 2]);
  });

  it("leave SIGHUP to the system in a program that says nothing of it", () => {
    const before = process.listenerCount("SIGHUP");
    using _signals = new StopSignals();
    assert.equal(process.listenerCount("SIGHUP"), before);
  });

  it("leave no listener behind", () => {
    const count = (): number => NAMES.reduce((sum, name) => sum + process.listenerCount(name), 0);
    const before = count();
    {
      using _signals = start(true);
      assert.equal(count(), before + 3);
    }
    assert.equal(count(), before);
  });
});
