import assert from "node:assert/strict";
import { CommandRunner } from "../../../src/sessions/operations/command-runner.js";
import { type Migration, MIGRATIONS } from "../../../src/sessions/database/migrations.js";
import { IN_MEMORY, openSqliteDatabase, sqliteFaultOf } from "../../../src/sessions/database/sqlite-database.js";
import type { StoreDatabase } from "../../../src/sessions/database/store-database.js";
import { HOUR, LIMITS, NO_QUOTA, OWNER, refuseWarning, says } from "../store-rig.js";

const create = (sessionId: string, id: number) =>
  ({
    type: "call",
    id,
    method: "create",
    request: { owner: OWNER, sessionId, labels: new Map(), idleMs: HOUR, messages: says("x") },
    quota: NO_QUOTA,
    nowMs: 1_790_000_000_000,
  }) as const;

const get = (sessionId: string) =>
  ({
    type: "call",
    id: 1,
    method: "get",
    request: { owner: OWNER, sessionId },
    quota: NO_QUOTA,
    nowMs: 1_790_000_000_000,
  }) as const;

function runnerOn(database: StoreDatabase, migrations: readonly Migration[]): CommandRunner {
  const label = IN_MEMORY;
  return new CommandRunner({
    open: () => database,
    faultOf: sqliteFaultOf,
    limits: LIMITS,
    label,
    onWarning: refuseWarning,
    migrations,
  });
}

/** Expands the tables of the release before: a column that it does not know. */
const EXPANDING: Migration = {
  version: MIGRATIONS.length + 1,
  compatibleFrom: MIGRATIONS.length,
  up: async ({ schema }) => {
    await schema.alterTable("rill_sessions").addColumn("title", "text").execute();
  },
};

describe("Migrations", () => {
  let database: StoreDatabase;
  beforeEach(() => {
    database = openSqliteDatabase(IN_MEMORY, refuseWarning);
  });
  afterEach(async () => {
    await database.close();
  });

  it("are numbered from 1 on, and compatible with themselves at least", () => {
    assert.deepEqual(
      MIGRATIONS.map(({ version }) => version),
      MIGRATIONS.map((_, index) => index + 1),
    );
    for (const { version, compatibleFrom } of MIGRATIONS) assert.ok(compatibleFrom <= version);
  });

  it("let the release before serve on while tables are expanded under it", async () => {
    const before = runnerOn(database, MIGRATIONS);
    assert.ok((await before.run(create("a", 1))).ok);
    const after = runnerOn(database, [...MIGRATIONS, EXPANDING]);
    assert.ok((await after.run(create("b", 2))).ok);
    assert.ok((await before.run(create("c", 3))).ok);
    // And when it is started again.
    const again = runnerOn(database, MIGRATIONS);
    assert.ok((await again.run(create("d", 4))).ok);
    for (const id of ["a", "b", "c", "d"]) {
      for (const runner of [before, after, again]) assert.ok((await runner.run(get(id))).ok);
    }
    assert.deepEqual(await database.db.selectFrom("rill_schema").select(["version", "compatible_from"]).execute(), [
      { version: MIGRATIONS.length + 1, compatible_from: MIGRATIONS.length },
    ]);
  });

  it("leave nothing behind when one fails half-way, and are made with the next command that finds it mended", async () => {
    let broken = true;
    const failing: Migration = {
      ...EXPANDING,
      up: async (db) => {
        await EXPANDING.up(db);
        if (broken) throw new Error("the power went");
      },
    };
    const runner = runnerOn(database, [...MIGRATIONS, failing]);
    const result = await runner.run(create("a", 1));
    assert.ok(!result.ok && result.problem.type === "unavailable" && result.problem.fault === "internal");
    assert.match(result.problem.message, /the power went/);
    assert.deepEqual(await database.db.selectFrom("rill_schema").select("version").execute(), [
      { version: MIGRATIONS.length },
    ]);
    broken = false;
    assert.ok((await runner.run(create("a", 1))).ok);
  });
});
