import assert from "node:assert/strict";
import fc from "fast-check";
import { CallLimit, type CallOwner, WatcherLimit } from "../../../src/grpc/call/call-limits.js";

interface CountedOwner extends CallOwner {
  calls: number;
}

function ownerOf(tenant: string): CountedOwner {
  return { connection: {}, tenant, calls: 0 };
}

describe("The limit on calls", () => {
  it("all go to one connection that is alone", () => {
    const callLimit = new CallLimit(8);
    const connection = { connection: {}, tenant: "" };
    for (let n = 0; n < 8; n += 1) assert.equal(callLimit.tryEnter(connection), undefined);
    assert.equal(callLimit.tryEnter(connection)?.code, "TOO_MANY_CALLS");
    callLimit.leave(connection);
    assert.equal(callLimit.tryEnter(connection), undefined);
  });

  it("keep the last quarter for connections below their equal share, and never exceed their bound", () => {
    const connection = fc.nat(4);
    fc.assert(
      fc.property(fc.array(fc.tuple(connection, fc.boolean()), { maxLength: 200 }), (steps) => {
        const callLimit = new CallLimit(16);
        const connections = Array.from({ length: 5 }, () => ownerOf(""));
        for (const [index, enters] of steps) {
          const connection = connections[index] ?? ownerOf("");
          const others = connections.filter((each) => each !== connection && each.calls > 0).length;
          const entered = enters && callLimit.tryEnter(connection) === undefined;
          if (entered) connection.calls += 1;
          if (entered && callLimit.open > 12) assert.ok(connection.calls <= Math.ceil(16 / (others + 1)));
          if (enters && !entered && callLimit.open < 16) assert.ok(connection.calls >= 16 / (others + 1));
          if (!enters && connection.calls > 0) {
            callLimit.leave(connection);
            connection.calls -= 1;
          }
          assert.equal(
            callLimit.open,
            connections.reduce((sum, { calls }) => sum + calls, 0),
          );
          assert.ok(callLimit.open <= 16);
        }
      }),
    );
  });

  it("leave a call to each of several tenants, whatever the tenants before it have taken on however many connections", () => {
    const callLimit = new CallLimit(64);
    for (const tenant of ["a", "b", "c"]) {
      let entered = 0;
      for (let n = 0; n < 200; n += 1) if (callLimit.tryEnter(ownerOf(tenant)) === undefined) entered += 1;
      assert.ok(entered > 0, tenant);
      assert.ok(callLimit.open < 64);
      if (tenant === "a") assert.equal(entered, 48);
    }
  });

  it("never exceed three times what a tenant leaves free, and admit a tenant without calls while one is free", () => {
    const step = fc.tuple(fc.nat(3), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const callLimit = new CallLimit(16);
        const tenants = ["a", "b", "c", "d"].map(ownerOf);
        for (const [index, enters] of steps) {
          const tenant = tenants[index] ?? ownerOf("e");
          const free = 16 - callLimit.open;
          if (enters) {
            const entered = callLimit.tryEnter(tenant) === undefined;
            assert.equal(entered, free > 0 && (tenant.calls === 0 || tenant.calls + 1 <= 3 * (free - 1)));
            if (entered) tenant.calls += 1;
          } else if (tenant.calls > 0) {
            callLimit.leave(tenant);
            tenant.calls -= 1;
          }
        }
        for (const tenant of tenants) for (; tenant.calls > 0; tenant.calls -= 1) callLimit.leave(tenant);
        assert.equal(callLimit.open, 0);
      }),
    );
  });
});

describe("The limit on watchers", () => {
  it("leaves streams to each tenant, all of them to callers without a tenant, and takes back those that end", () => {
    const watchers = new WatcherLimit(8, "load watchers");
    const held = Array.from({ length: 6 }, () => watchers.take("a"));
    assert.throws(() => watchers.take("a"), /the tenant has its share of the server's 8 load watchers/);
    held.push(watchers.take("b"));
    for (const watcher of held) watcher[Symbol.dispose]();
    for (let n = 0; n < 8; n += 1) watchers.take("");
    assert.throws(() => watchers.take("c"), /the server has 8 load watchers, which is its limit/);
  });
});
