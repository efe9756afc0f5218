import assert from "node:assert/strict";
import fc from "fast-check";
import { type Share, SharedBudget } from "../../../src/grpc/connection/shared-budget.js";

interface Named extends Share {
  readonly holder: { readonly name: string };
}

describe("A shared budget", () => {
  const scene = (max: number) => {
    const budget = new SharedBudget<Named>(max);
    const evicted: string[] = [];
    const share = (name: string, connection: object): Named => ({
      holder: { name },
      connection,
      amount: 0,
      evict: () => evicted.push(name),
    });
    return { budget, evicted, share };
  };
  const oldest = ([first]: Iterable<Named>): Named | undefined => first;

  it("takes shares of whichever connection holds the most, one after another, until the total fits", () => {
    const { budget, evicted, share } = scene(65);
    const [small, large, middle] = [{}, {}, {}];
    budget.hold(share("small", small), 10);
    budget.hold(share("first of large", large), 20);
    budget.hold(share("second of large", large), 10);
    budget.hold(share("middle", middle), 25);
    assert.ok(budget.tryHold(share("newcomer", {}), 22, oldest));
    assert.deepEqual(evicted, ["first of large", "middle"]);
    assert.equal(budget.total, 42);
  });

  it("offers the shares of several connections that hold equally much", () => {
    const { budget, share } = scene(100);
    const offered: string[] = [];
    for (const [name, amount] of Object.entries({ a: 40, b: 20, c: 40 })) budget.hold(share(name, {}), amount);
    budget.hold(share("d", {}), 1);
    budget.makeRoom((largest) => {
      for (const { holder } of largest) offered.push(holder.name);
      return undefined;
    });
    assert.deepEqual(offered, ["a", "c"]);
  });

  it("stays as it was when nothing may give way", () => {
    const { budget, evicted, share } = scene(100);
    const [one, other] = [{}, {}];
    const held = share("held", one);
    budget.hold(held, 60);
    const refuse = (): undefined => undefined;
    assert.equal(budget.tryHold(held, 101, refuse), false);
    assert.equal(budget.tryHold(share("new", other), 61, refuse), false);
    assert.deepEqual([budget.total, held.amount, evicted], [60, 60, []]);
    assert.deepEqual([budget.holdsMost(one), budget.holdsMost(other)], [true, false]);
  });

  it("keeps a settled share, which counts toward the total and toward no connection", () => {
    const { budget, evicted, share } = scene(100);
    const [one, other] = [{}, {}];
    const settled = share("settled", one);
    budget.hold(settled, 80);
    budget.settle(settled.holder);
    budget.hold(share("small", other), 20);
    assert.deepEqual([budget.holdsMost(one), budget.holdsMost(other)], [false, true]);
    assert.ok(budget.tryHold(share("newcomer", {}), 10, oldest));
    assert.deepEqual([evicted, budget.total], [["small"], 90]);
    budget.release(settled.holder);
    budget.release(settled.holder);
    assert.equal(budget.total, 10);
  });

  it("never exceeds its bound, takes only from those that hold the most, and gives everything back", () => {
    const step = fc.record({ name: fc.nat(9), amount: fc.nat(60), does: fc.constantFrom("hold", "settle", "release") });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { budget } = scene(100);
        const connections = [{}, {}, {}];
        const live = new Set<Named>();
        const settled = new Set<Named>();
        const shares = Array.from({ length: 10 }, (_, index): Named => {
          const connection = connections[index % connections.length] ?? {};
          const made: Named = {
            holder: { name: String(index) },
            connection,
            amount: 0,
            evict: () => live.delete(made),
          };
          return made;
        });
        const sumOf = (wanted: object, asking?: Named): number =>
          [...new Set([...live, ...(asking === undefined ? [] : [asking])])]
            .filter(({ connection }) => connection === wanted)
            .reduce((sum, { amount }) => sum + amount, 0);
        for (const { name, amount, does } of steps) {
          const share = shares[name] ?? assert.fail();
          if (does === "hold" && !settled.has(share)) {
            const fits = budget.tryHold(share, amount, ([first]) => {
              const most = Math.max(...connections.map((each) => sumOf(each, share)));
              if (first !== undefined) assert.equal(sumOf(first.connection, share), most);
              return first === share ? undefined : first;
            });
            if (fits) live.add(share);
          } else if (does === "settle" && live.delete(share)) {
            settled.add(share);
            budget.settle(share.holder);
          } else if (does === "release") {
            live.delete(share);
            settled.delete(share);
            budget.release(share.holder);
          }
          const total = [...live, ...settled].reduce((sum, each) => sum + each.amount, 0);
          assert.equal(budget.total, total);
          assert.ok(total <= 100);
        }
        for (const { holder } of shares) budget.release(holder);
        assert.equal(budget.total, 0);
        for (const connection of connections) assert.ok(budget.holdsMost(connection));
      }),
    );
  });
});
