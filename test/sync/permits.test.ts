import assert from "node:assert/strict";
import { Permits } from "../../src/sync/permits.js";

const NEVER = new AbortController().signal;

describe("Permits", () => {
  it("go to so many at a time, and then to those who wait, in order", async () => {
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

  it("are not lost by those who stop waiting, even where theirs has come already", async () => {
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
