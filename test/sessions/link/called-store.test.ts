import assert from "node:assert/strict";
import { OutageLog } from "../../../src/sessions/link/called-store.js";
import type { StoreFault } from "../../../src/sessions/store-problem.js";
import type { AnyStoreResult } from "../../../src/sessions/store-messages.js";
import { RecordingLogger } from "../../scheduler/recording-logger.js";
import { ManualClock } from "../../support/manual-clock.js";

const GOOD: AnyStoreResult = { ok: true, value: undefined };
const REFUSED: AnyStoreResult = { ok: false, problem: { type: "session_not_found" } };
const bad = (fault: StoreFault): AnyStoreResult => ({
  ok: false,
  problem: { type: "unavailable", fault, message: `/a/path: ${fault}` },
});

describe("The log of a store's outages", () => {
  const setUp = () => {
    const clock = new ManualClock();
    const log = new RecordingLogger();
    const outages = new OutageLog({ clock, log });
    const observe = (...results: AnyStoreResult[]): void => {
      for (const result of results) outages.observe(result);
    };
    return {
      clock,
      observe,
      messages: () => log.lines.map(({ message }) => message),
      levels: () => log.lines.map(({ level }) => level),
    };
  };

  it("says once what is wrong, with the path, however many calls fail, and once that it is over", () => {
    const { observe, messages } = setUp();
    observe(GOOD, bad("corrupt"), bad("corrupt"), bad("corrupt"), REFUSED, GOOD);
    assert.deepEqual(messages(), [
      "the store of sessions is out of order: /a/path: corrupt",
      "the store of sessions serves again",
    ]);
  });

  it("calls an error what the operator has to mend, and a warning what may pass", () => {
    const { observe, levels } = setUp();
    observe(bad("misconfigured"), bad("unreachable"));
    assert.deepEqual(levels(), ["error", "warn"]);
  });

  it("says that one fault has followed another", () => {
    const { observe, messages } = setUp();
    observe(bad("replaced"), bad("read_only"));
    assert.equal(messages().length, 2);
  });

  it("says no more than one line a minute of a fault that comes and goes", () => {
    const { clock, observe, messages } = setUp();
    for (let times = 0; times < 100; times++) observe(bad("overloaded"), GOOD);
    assert.equal(messages().length, 2);
    clock.advance(60_000);
    observe(bad("overloaded"), GOOD);
    assert.equal(messages().length, 4);
  });

  it("leaves the death of the thread and the end of the store to those who log them", () => {
    const { observe, messages } = setUp();
    observe(bad("closed"), GOOD);
    assert.deepEqual(messages(), []);
  });
});
