import assert from "node:assert/strict";
import { CommandRunner } from "../../../src/sessions/operations/command-runner.js";
import { IN_MEMORY, openSqliteDatabase, sqliteFaultOf } from "../../../src/sessions/database/sqlite-database.js";
import { MovedFileError } from "../../../src/sessions/database/sqlite-files.js";
import type { StoreDatabase } from "../../../src/sessions/database/store-database.js";
import type { StoreCommand } from "../../../src/sessions/store-messages.js";
import { HOUR, LIMITS, NO_QUOTA, OWNER, refuseWarning, says } from "../store-rig.js";

const PLACE = "/a/path/sessions.sqlite";
const CREATE: StoreCommand = {
  type: "call",
  id: 1,
  method: "create",
  request: { owner: OWNER, sessionId: "a", labels: new Map(), idleMs: HOUR, messages: says("x") },
  quota: NO_QUOTA,
  nowMs: 1_790_000_000_000,
};

describe("The runner of a store's commands", () => {
  /** A runner on databases in memory that lose their place at the given look, counted from 1 over all of them. */
  const setUp = (options: { goneAtLook: number; close?: () => Promise<void> }) => {
    let looks = 0;
    let opened = 0;
    const warnings: string[] = [];
    const open = (): StoreDatabase => {
      opened++;
      const database = openSqliteDatabase(IN_MEMORY, refuseWarning);
      return {
        ...database,
        checkInPlace: () => {
          looks++;
          if (looks === options.goneAtLook) throw new MovedFileError(PLACE, "removed");
        },
        isBrokenBy: (error) => error instanceof MovedFileError,
        close: options.close ?? (() => database.close()),
      };
    };
    const onWarning = (text: string): void => void warnings.push(text);
    const runner = new CommandRunner({ open, faultOf: sqliteFaultOf, limits: LIMITS, label: PLACE, onWarning });
    return { runner, warnings, opened: () => opened };
  };

  it("does not acknowledge a change whose file went away while it was written", async () => {
    const { runner, opened } = setUp({ goneAtLook: 2 });
    const result = await runner.run(CREATE);
    assert.ok(!result.ok && result.problem.type === "unavailable" && result.problem.fault === "replaced");
    assert.equal((await runner.run(CREATE)).ok, true);
    assert.equal(opened(), 2);
    await runner[Symbol.asyncDispose]();
  });

  it("goes on with a new database where the broken one can't be closed, and says so", async () => {
    const close = () => Promise.reject(new Error("it is stuck"));
    const { runner, warnings, opened } = setUp({ goneAtLook: 1, close });
    assert.equal((await runner.run(CREATE)).ok, false);
    assert.deepEqual(warnings, [`${PLACE}: it is stuck`]);
    assert.equal((await runner.run(CREATE)).ok, true);
    assert.equal(opened(), 2);
  });
});
