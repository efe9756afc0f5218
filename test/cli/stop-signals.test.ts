import assert from "node:assert/strict";
import { StopSignals } from "../../src/cli/stop-signals.js";

describe("stop signals", () => {
  it("ask for a drain first and for a close next, whichever they are", () => {
    using signals = new StopSignals();
    assert.deepEqual([signals.drain.aborted, signals.close.aborted, signals.first], [false, false, undefined]);
    process.emit("SIGTERM", "SIGTERM");
    assert.deepEqual([signals.drain.aborted, signals.close.aborted, signals.first], [true, false, "SIGTERM"]);
    process.emit("SIGINT", "SIGINT");
    assert.deepEqual([signals.drain.aborted, signals.close.aborted, signals.first], [true, true, "SIGTERM"]);
  });

  it("leave no listener behind", () => {
    const before = process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");
    {
      using _signals = new StopSignals();
      assert.equal(process.listenerCount("SIGTERM") + process.listenerCount("SIGINT"), before + 2);
    }
    assert.equal(process.listenerCount("SIGTERM") + process.listenerCount("SIGINT"), before);
  });
});
