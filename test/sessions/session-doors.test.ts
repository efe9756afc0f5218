import assert from "node:assert/strict";
import { SessionDoors } from "../../src/sessions/session-doors.js";

const NEVER = new AbortController().signal;

describe("The doors of sessions", () => {
  it("let one in at a time, in the order in which they came, and others of another session at once", async () => {
    const doors = new SessionDoors();
    const entered: string[] = [];
    const enter = async (name: string): Promise<Disposable> => {
      const door = await doors.enter("a", NEVER);
      entered.push(name);
      return door;
    };
    const first = await enter("first");
    const [second, third] = [enter("second"), enter("third")];
    using _other = await doors.enter("b", NEVER);
    assert.deepEqual(entered, ["first"]);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const behind = await second;
    assert.deepEqual(entered, ["first", "second"], "leaving twice lets one in");
    behind[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    assert.equal(doors.isTaken("a"), false);
  });

  it("forget one who leaves the line, even in the moment in which it is called", async () => {
    const doors = new SessionDoors();
    const first = await doors.enter("a", NEVER);
    const leavers = [new AbortController(), new AbortController()] as const;
    const lefts = leavers.map(({ signal }) => assert.rejects(doors.enter("a", signal), /left/));
    const last = doors.enter("a", NEVER);
    leavers[1].abort(new Error("left"));
    leavers[0].abort(new Error("left"));
    first[Symbol.dispose]();
    await Promise.all(lefts);
    (await last)[Symbol.dispose]();
    assert.equal(doors.isTaken("a"), false);
    await assert.rejects(doors.enter("a", leavers[0].signal), /left/);
  });
});
