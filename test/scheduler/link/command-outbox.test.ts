import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EngineCommand } from "../../../src/core/engine-messages.js";
import { CommandOutbox } from "../../../src/scheduler/link/command-outbox.js";

const credit = (runId: number): EngineCommand => ({ type: "credit", runId, credit: { pieces: 1, bytes: 1 } });
const cancel = (runId: number): EngineCommand => ({ type: "cancel", runId, mode: "immediate" });

describe("CommandOutbox", () => {
  let posted: (readonly EngineCommand[])[];
  let outbox: CommandOutbox;
  beforeEach(() => {
    posted = [];
    outbox = new CommandOutbox((commands) => posted.push(commands));
  });

  it("puts the credit of one turn of the event loop into one message", async () => {
    outbox.send(credit(1));
    outbox.send(credit(2));
    assert.deepEqual(posted, []);
    await nextTurn();
    outbox.send(credit(3));
    await nextTurn();
    assert.deepEqual(posted, [[credit(1), credit(2)], [credit(3)]]);
  });

  it("sends all else at once, after the credit that waits", async () => {
    outbox.send(cancel(1));
    outbox.send(credit(2));
    outbox.send(cancel(3));
    assert.deepEqual(posted, [[cancel(1)], [credit(2), cancel(3)]]);
    await nextTurn();
    assert.equal(posted.length, 2);
  });

  it("sends credit that comes after such a message with its own turn", async () => {
    outbox.send(credit(1));
    outbox.send(cancel(1));
    outbox.send(credit(2));
    assert.equal(posted.length, 1);
    await nextTurn();
    assert.deepEqual(posted[1], [credit(2)]);
  });
});
