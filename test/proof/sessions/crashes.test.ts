import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PostgresServer } from "../../sessions/postgres-server.js";
import { createTinyModel } from "../../support/tiny-model.js";
import { CrashChain } from "./crash-chain.js";
import { TwoServers } from "./two-servers.js";

/** The short form of `npm run proof:sessions`. */
describe("What callers of sessions were told", function () {
  this.timeout(150_000);
  let modelPath: string;

  before(async () => {
    modelPath = await createTinyModel();
  });

  it("stays true when servers on SQLite are killed at any moment", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rill-crashes-"));
    try {
      const { faults } = await CrashChain.run({
        store: `sqlite:${join(folder, "s.db")}`,
        modelPath,
        kills: 8,
        seed: 1,
      });
      assert.deepEqual(faults, []);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describe("on PostgreSQL", () => {
    let started: PostgresServer | undefined;
    let postgres: PostgresServer;

    before(async function () {
      started = await PostgresServer.start();
      if (started === undefined) return this.skip();
      postgres = started;
    });

    after(() => started?.[Symbol.asyncDispose]());

    it("stays true when servers are killed", async () => {
      const { faults } = await CrashChain.run({ store: await postgres.createDatabase(), modelPath, kills: 2, seed: 2 });
      assert.deepEqual(faults, []);
    });

    it("stays true when two servers share a session, and one of them stands still past its lease", async () => {
      const result = await TwoServers.run({ store: await postgres.createDatabase(), modelPath }, 1);
      assert.deepEqual(result, { rivals: 1, waited: 1, leasesLost: 1, faults: [] });
    });
  });
});
