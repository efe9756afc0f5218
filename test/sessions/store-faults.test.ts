import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import SqliteFile from "better-sqlite3";
import type { SessionStore } from "../../src/sessions/session-store.js";
import type { StoreFault, StoreResult } from "../../src/sessions/store-problem.js";
import {
  admissionOf,
  admit,
  begin,
  commitOf,
  keyOf,
  openingOf,
  openStore,
  OWNER,
  problemOf,
  reread,
  says,
  turnsOf,
  valueOf,
} from "./store-rig.js";

const run = promisify(execFile);
/** Whoever owns nothing on most systems. */
const NOBODY = 65_534;

function faultOf(result: StoreResult<unknown>): StoreFault {
  const problem = problemOf(result);
  assert.ok(problem.type === "unavailable", JSON.stringify(problem));
  return problem.fault;
}

describe("A store on a faulty SQLite file", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-store-"));
    path = join(folder, "sessions.sqlite");
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const open = (): SessionStore => openStore({ type: "sqlite", path });

  it("leaves a file that is no database as it is, and says so each time", async () => {
    const bytes = Buffer.from("dear diary, ".repeat(2_000));
    await writeFile(path, bytes);
    await using store = open();
    for (let times = 0; times < 2; times++) {
      assert.equal(faultOf(await store.get({ owner: OWNER, sessionId: "x" })), "corrupt");
    }
    assert.deepEqual(await readFile(path), bytes);
  });

  it("tells of a damaged database, and overwrites nothing of it", async () => {
    const session = await (async () => {
      await using store = open();
      const made = await begin(store, { messages: says("x".repeat(100_000)) });
      return made;
    })();
    const bytes = await readFile(path);
    // Everything but the first page, which says what tables there are.
    bytes.fill(0x5a, 4_096);
    await writeFile(path, bytes);
    await using store = open();
    assert.equal(faultOf(await store.get(keyOf(session))), "corrupt");
    assert.equal(faultOf(await store.openTurn(openingOf(session))), "corrupt");
    assert.deepEqual(await readFile(path), bytes);
  });

  it("leaves tables of a later release alone, unless they are said to be compatible", async () => {
    const session = await (async () => {
      await using store = open();
      return await begin(store);
    })();
    const setVersion = (version: number, compatibleFrom: number): void => {
      const file = new SqliteFile(path);
      file.prepare("update rill_schema set version = ?, compatible_from = ?").run(version, compatibleFrom);
      file.pragma("wal_checkpoint(TRUNCATE)");
      file.close();
    };
    setVersion(99, 98);
    const bytes = await readFile(path);
    {
      await using store = open();
      const problem = problemOf(await store.get(keyOf(session)));
      assert.ok(problem.type === "unavailable" && problem.fault === "newer_schema");
      assert.match(problem.message, /version 99 .* from version 98 on; this release has version 2/);
      assert.equal(
        faultOf(await store.append({ ...keyOf(session), expectedRevision: 1, messages: says("x") })),
        "newer_schema",
      );
    }
    assert.deepEqual(await readFile(path), bytes);
    setVersion(99, 1);
    await using store = open();
    valueOf(await store.append({ ...keyOf(session), expectedRevision: 1, messages: says("x") }));
    await store[Symbol.asyncDispose]();
    const file = new SqliteFile(path, { readonly: true });
    assert.deepEqual(file.prepare("select version, compatible_from from rill_schema").all(), [
      { version: 99, compatible_from: 1 },
    ]);
    file.close();
  });

  it("stores nothing by halves on a full disk, reads on, and goes on when there is room", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return this.skip();
    const disk = join(folder, "disk");
    try {
      await run("sh", ["-c", `mkdir '${disk}' && mount -t tmpfs -o size=1m none '${disk}'`]);
    } catch {
      return this.skip();
    }
    try {
      await using store = openStore({ type: "sqlite", path: join(disk, "sessions.sqlite") });
      const session = await begin(store);
      const lease = await admit(store, session);
      const filler = join(disk, "filler");
      await writeFile(filler, Buffer.alloc(1024 * 1024)).catch(() => undefined);
      const before = await turnsOf(store, session);
      const answer = "x".repeat(200_000);
      assert.equal(faultOf(await store.commitTurn(commitOf(lease, { answer }))), "disk_full");
      assert.equal(faultOf(await store.renewLease({ lease, leaseMs: 1_000, answer })), "disk_full");
      const other = { ...admissionOf(session), owner: "tenant-b", sessionId: "new", labels: new Map(), idleMs: 1_000 };
      assert.equal(faultOf(await store.create({ ...other, messages: says(answer) })), "disk_full");
      assert.deepEqual(await turnsOf(store, session), before);
      assert.equal((await reread(store, session)).revision, 2);
      await rm(filler);
      assert.deepEqual(valueOf(await store.commitTurn(commitOf(lease, { answer }))), { revision: 3 });
      assert.equal((await turnsOf(store, session))[0]?.answer, answer);
    } finally {
      await run("umount", [disk]);
    }
  });

  it("reads from a file that it may not write, and says why it can't store", async () => {
    const session = await (async () => {
      await using store = open();
      return await begin(store, { messages: says("old") });
    })();
    await chmod(path, 0o444);
    if (process.getuid?.() === 0) await chown(folder, NOBODY, NOBODY);
    const reader = new URL("./read-only-main.js", import.meta.url).pathname;
    const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const { stdout } = await run(process.execPath, [reader, path, session.sessionId], identity);
    assert.deepEqual(JSON.parse(stdout), { turns: ["old"], append: "read_only", update: "read_only" });
  });

  it("says that a path can't be used, and serves once it can", async () => {
    const parent = join(folder, "taken");
    await writeFile(parent, "a file, no folder");
    await using store = openStore({ type: "sqlite", path: join(parent, "sessions.sqlite") });
    assert.equal(faultOf(await store.sweep(1)), "misconfigured");
    await rm(parent);
    await begin(store);
  });
});
