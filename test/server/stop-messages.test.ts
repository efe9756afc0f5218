import assert from "node:assert/strict";
import { drainMessage, startInterruptedMessage } from "../../src/server/stop-messages.js";

describe("drainMessage", () => {
  const facts = { generations: 1, delayMs: 5_000, graceMs: 90_000, isFromKeyboard: false };

  it("tells a supervisor's log the delay, the grace and what a second signal does", () => {
    assert.equal(
      drainMessage(facts),
      "draining with 1 generation: calls are accepted for 5s (--drain-delay), then running generations may continue for at most 90s (--drain-grace); a second signal ends at once\n",
    );
    assert.equal(
      drainMessage({ ...facts, generations: 2, delayMs: 0 }),
      "draining with 2 generations: running generations may continue for at most 90s (--drain-grace); a second signal ends at once\n",
    );
  });

  it("tells a person what is awaited, on a line of its own below ^C", () => {
    const atTerminal = { ...facts, delayMs: 0, isFromKeyboard: true };
    assert.equal(
      drainMessage(atTerminal),
      "\nwaiting for 1 generation to end, at most 90s (--drain-grace); Ctrl-C again ends at once\n",
    );
    assert.equal(drainMessage({ ...atTerminal, generations: 0 }), "\nstopping: no generation is running\n");
  });
});

describe("startInterruptedMessage", () => {
  it("says what a signal ends before the server is ready, and what a second one does", () => {
    const told = [true, false].flatMap((isFromKeyboard) =>
      [true, false].map((isLoading) => startInterruptedMessage({ isFromKeyboard, isLoading })),
    );
    assert.deepEqual(told, [
      "\nstopping: nothing is served yet\n",
      "\nstopping; Ctrl-C again ends at once\n",
      "stopping when the model is loaded; a second signal ends at once\n",
      "stopping; a second signal ends at once\n",
    ]);
  });
});
