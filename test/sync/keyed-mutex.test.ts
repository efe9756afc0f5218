import assert from "node:assert/strict";
import { KeyedMutex } from "../../src/sync/keyed-mutex.js";

const NEVER = new AbortController().signal;

describe("KeyedMutex", () => {
  it("lets one holder of a key in at a time, in the order of asking, and a holder of another key at once", async () => {
    const mutex = new KeyedMutex();
    const entered: string[] = [];
    const enter = async (name: string): Promise<Disposable> => {
      const held = await mutex.acquire("a", NEVER);
      entered.push(name);
      return held;
    };
    const first = await enter("first");
    const [second, third] = [enter("second"), enter("third")];
    using _other = await mutex.acquire("b", NEVER);
    assert.deepEqual(entered, ["first"]);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const holder = await second;
    assert.deepEqual(entered, ["first", "second"], "releasing twice lets one in");
    holder[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    assert.equal(mutex.isHeld("a"), false);
  });

  it("forgets a waiter that gives up, even in the moment in which its turn comes", async () => {
    const mutex = new KeyedMutex();
    const first = await mutex.acquire("a", NEVER);
    const leavers = [new AbortController(), new AbortController()] as const;
    const lefts = leavers.map(({ signal }) => assert.rejects(mutex.acquire("a", signal), /left/));
    const last = mutex.acquire("a", NEVER);
    leavers[1].abort(new Error("left"));
    leavers[0].abort(new Error("left"));
    first[Symbol.dispose]();
    await Promise.all(lefts);
    (await last)[Symbol.dispose]();
    assert.equal(mutex.isHeld("a"), false);
    await assert.rejects(mutex.acquire("a", leavers[0].signal), /left/);
  });
});
