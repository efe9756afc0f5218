import assert from "node:assert/strict";
import { IN_MEMORY, openSqliteDatabase, sqliteFaultOf } from "../../../src/sessions/database/sqlite-database.js";
import { CommandRunner } from "../../../src/sessions/operations/command-runner.js";
import type { RequestOf, StoreMethod, StoreQuota } from "../../../src/sessions/store-messages.js";
import { HOUR, LIMITS, NO_QUOTA, refuseWarning } from "../store-rig.js";

describe("The rows of owners", () => {
  it("go with the last session, and a refused owner leaves none", async () => {
    const database = openSqliteDatabase(IN_MEMORY, refuseWarning);
    await using runner = new CommandRunner({
      open: () => database,
      faultOf: sqliteFaultOf,
      limits: LIMITS,
      label: IN_MEMORY,
      onWarning: refuseWarning,
    });
    let nowMs = 1_790_000_000_000;
    const run = <Method extends StoreMethod>(
      method: Method,
      request: RequestOf<Method>,
      quota: StoreQuota = NO_QUOTA,
    ) => runner.run({ type: "call", id: 1, method, request, quota, nowMs } as Parameters<CommandRunner["run"]>[0]);
    const create = (owner: string, sessionId: string, quota?: StoreQuota) =>
      run("create", { owner, sessionId, labels: new Map(), idleMs: HOUR, messages: [] }, quota);
    const rows = () => database.db.selectFrom("rill_owners").selectAll().orderBy("owner").execute();

    for (const name of ["a1", "a2", "b1"]) assert.ok((await create(name.slice(0, 1), name)).ok);
    assert.ok(!(await create("c", "c1", { sessions: 0, bytes: undefined })).ok);
    assert.deepEqual(await rows(), [
      { owner: "a", sessions: 2 },
      { owner: "b", sessions: 1 },
    ]);
    assert.ok((await run("delete", { owner: "a", sessionId: "a1", expectedRevision: undefined })).ok);
    assert.ok((await run("delete", { owner: "b", sessionId: "b1", expectedRevision: undefined })).ok);
    assert.deepEqual(await rows(), [{ owner: "a", sessions: 1 }]);
    nowMs += 2 * HOUR;
    assert.ok((await run("sweep", 10)).ok);
    assert.deepEqual(await rows(), []);
    assert.ok((await create("a", "a3")).ok);
    assert.deepEqual(await rows(), [{ owner: "a", sessions: 1 }]);
  });
});
