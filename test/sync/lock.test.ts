import assert from "node:assert/strict";
import { KeyedMutex, Permits } from "../../src/sync/lock.js";

const NEVER = new AbortController().signal;

describe("Permits", () => {
  it("go to as many holders as there are permits, and then to the waiters in order", async () => {
    const permits = new Permits(2);
    const order: string[] = [];
    const take = async (name: string): Promise<Disposable> => {
      const permit = await permits.take(NEVER);
      order.push(name);
      return permit;
    };
    const [first, second] = [await take("a"), await take("b")];
    const [third, fourth] = [take("c"), take("d")];
    await Promise.resolve();
    assert.deepEqual(order, ["a", "b"]);
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    await third;
    assert.deepEqual(order, ["a", "b", "c"]);
    first[Symbol.dispose]();
    await fourth;
    assert.deepEqual(order, ["a", "b", "c", "d"]);
  });

  it("are not lost when a waiter gives up, even after its permit has come", async () => {
    const permits = new Permits(1);
    const held = await permits.take(NEVER);
    const leaving = new AbortController();
    const late = new AbortController();
    const gone = permits.take(leaving.signal);
    const tooLate = permits.take(late.signal);
    leaving.abort(new Error("left"));
    await assert.rejects(gone, /left/);
    held[Symbol.dispose]();
    late.abort(new Error("late"));
    await tooLate.then(
      (permit) => permit[Symbol.dispose](),
      () => undefined,
    );
    using permit = await permits.take(NEVER);
    assert.ok(permit);
  });
});

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
