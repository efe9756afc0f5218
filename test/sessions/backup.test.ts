import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { SessionStore } from "../../src/sessions/session-store.js";
import type { StoreAddress } from "../../src/sessions/link/store-address.js";
import { PostgresServer } from "./postgres-server.js";
import { admissionOf, begin, commitOf, openStore, OWNER, says, valueOf } from "./store-rig.js";

/** Fills a store, has it backed up in the middle of writing, and looks at what the backup holds. */
async function backUp(
  address: StoreAddress,
  { copy, restored }: { copy: () => Promise<void>; restored: () => Promise<StoreAddress> },
): Promise<void> {
  await using store = openStore(address);
  const before = await begin(store, { messages: says("before") });
  const answered = valueOf(await store.admitTurn(admissionOf(before)));
  assert.ok(answered.type === "admitted");
  valueOf(await store.commitTurn(commitOf(answered.lease)));
  const running = valueOf(await store.admitTurn(admissionOf(await begin(store))));
  assert.ok(running.type === "admitted");
  const writing = writeOn(store);
  await copy();
  const writtenMeanwhile = await writing;
  assert.ok(writtenMeanwhile > 0);

  const day = { nowMs: 1_790_000_000_000 + 60 * 60_000 };
  await using copied = openStore(await restored(), { day });
  const key = { owner: OWNER, sessionId: before.sessionId };
  const page = { afterNumber: 0, maxEntries: 10, maxBytes: 1e6 };
  const { turns } = valueOf(await copied.listTurns({ ...key, ...page }));
  assert.deepEqual(
    turns.map(({ number, status }) => [number, status]),
    [
      [1, "appended"],
      [2, "complete"],
    ],
  );
  const swept = valueOf(await copied.sweep(100));
  assert.equal(swept.endedTurns, 1, "the turn that ran is ended");
  valueOf(await copied.append({ ...key, expectedRevision: undefined, messages: says("on we go") }));
}

async function writeOn(store: SessionStore): Promise<number> {
  let written = 0;
  for (; written < 20; written += 1) await begin(store, { messages: says("meanwhile") });
  return written;
}

describe("A backup of a store", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-backup-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("on SQLite is made by VACUUM INTO while it is written, and serves", async () => {
    const [path, backup] = [join(folder, "sessions.sqlite"), join(folder, "backup.sqlite")];
    await backUp(
      { type: "sqlite", path },
      {
        copy: async () => {
          await Promise.resolve();
          const db = new Database(path, { readonly: true });
          db.prepare("VACUUM INTO ?").run(backup);
          db.close();
        },
        restored: () => Promise.resolve({ type: "sqlite", path: backup }),
      },
    );
  });

  it("on PostgreSQL is made by pg_dump while it is written, is restored by pg_restore, and serves", async function () {
    this.timeout(60_000);
    await using server = await PostgresServer.start();
    if (server === undefined) {
      this.skip();
      return;
    }
    const backup = join(folder, "backup");
    const url = await server.createDatabase();
    await backUp(
      { type: "postgres", url },
      {
        copy: () => server.runTool("pg_dump", ["--format=custom", `--file=${backup}`, url]),
        restored: async () => {
          const empty = await server.createDatabase();
          await server.runTool("pg_restore", [`--dbname=${empty}`, backup]);
          return { type: "postgres", url: empty };
        },
      },
    );
  });
});
