import assert from "node:assert/strict";
import fc from "fast-check";
import { CallLimit } from "../../../src/grpc/call/call-limits.js";

describe("The limit on calls", () => {
  it("all go to one connection that is alone", () => {
    const callLimit = new CallLimit(8);
    const connection = {};
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
        const connections = Array.from({ length: 5 }, () => ({ calls: 0 }));
        for (const [index, enters] of steps) {
          const connection = connections[index] ?? { calls: 0 };
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
});
