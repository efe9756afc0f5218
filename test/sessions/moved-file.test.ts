import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteFile from "better-sqlite3";
import type { Session } from "../../src/sessions/session.js";
import type { SessionStore } from "../../src/sessions/session-store.js";
import type { StoreResult } from "../../src/sessions/store-problem.js";
import { RecordingLogger } from "../scheduler/recording-logger.js";
import { begin, keyOf, openStore, problemOf, says, turnsOf, valueOf } from "./store-rig.js";

describe("A store whose SQLite file is taken away while it is open", () => {
  let folder: string;
  let path: string;
  let log: RecordingLogger;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-moved-"));
    path = join(folder, "sessions.sqlite");
    log = new RecordingLogger();
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const open = (): SessionStore => openStore({ type: "sqlite", path }, { log });
  const append = (store: SessionStore, session: Session) =>
    store.append({ ...keyOf(session), expectedRevision: undefined, messages: says("more") });
  const messages = (): string[] => log.lines.map(({ message }) => message);

  /** @returns what the log is to hold of it */
  function requireReplaced(result: StoreResult<unknown>): string {
    const problem = problemOf(result);
    assert.ok(problem.type === "unavailable" && problem.fault === "replaced", JSON.stringify(problem));
    return problem.message;
  }

  it("acknowledges nothing once the files were removed, says so once, and goes on with a new file", async () => {
    await using store = open();
    const session = await begin(store);
    for (const name of ["", "-wal", "-shm"]) await rm(path + name);
    assert.match(requireReplaced(await append(store, session)), /sessions\.sqlite was removed while it was open/);
    assert.deepEqual(problemOf(await store.get(keyOf(session))), { type: "session_not_found" });
    const next = await begin(store, { messages: says("kept") });
    await store[Symbol.asyncDispose]();
    await using again = open();
    assert.equal((await turnsOf(again, next)).length, 1);
    assert.deepEqual(messages().length, 2, messages().join("\n"));
    assert.match(messages()[0] ?? "", new RegExp(`out of order: ${path} was removed .* is lost`));
    assert.equal(messages()[1], "the store of sessions serves again");
  });

  it("notices with a sweep that the whole folder was removed, and makes it again", async () => {
    await rm(folder, { recursive: true });
    await using store = open();
    await begin(store);
    await rm(folder, { recursive: true });
    requireReplaced(await store.sweep(1));
    await begin(store);
    await stat(path);
  });

  it("goes on with the content of a file that another one was replaced with", async () => {
    const backup = join(folder, "backup.sqlite");
    await using store = open();
    const kept = await begin(store, { messages: says("kept") });
    const file = new SqliteFile(path, { readonly: true });
    file.prepare("VACUUM INTO ?").run(backup);
    file.close();
    const later = await begin(store, { messages: says("after the backup") });
    await rename(backup, path);
    assert.match(requireReplaced(await store.get(keyOf(later))), /was replaced while it was open/);
    assert.equal((await turnsOf(store, kept)).length, 1);
    assert.deepEqual(problemOf(await store.get(keyOf(later))), { type: "session_not_found" });
    const check = new SqliteFile(path, { readonly: true });
    assert.equal(check.pragma("integrity_check", { simple: true }), "ok");
    check.close();
  });

  it("leaves a file that was moved away whole, with what only its log held", async () => {
    const moved = join(folder, "moved.sqlite");
    await using store = open();
    const session = await begin(store, { messages: says("kept") });
    await rename(path, moved);
    requireReplaced(await store.sweep(1));
    await begin(store);
    await using other = openStore({ type: "sqlite", path: moved });
    assert.equal((await turnsOf(other, session)).length, 1);
  });

  for (const name of ["-wal", "-shm"]) {
    it(`loses nothing when sessions.sqlite${name} alone is removed`, async () => {
      await using store = open();
      const session = await begin(store, { messages: says("kept") });
      await rm(path + name);
      assert.match(requireReplaced(await store.sweep(1)), new RegExp(`sessions\\.sqlite${name} was removed`));
      valueOf(await append(store, session));
      await store[Symbol.asyncDispose]();
      await using again = open();
      assert.equal((await turnsOf(again, session)).length, 2);
    });
  }

  it("does not stay corrupt when a good file comes into the place of a damaged one", async () => {
    const good = join(folder, "good.sqlite");
    const session = await (async () => {
      await using store = open();
      return await begin(store, { messages: says("x".repeat(100_000)) });
    })();
    await copyFile(path, good);
    for (const put of [rename, copyFile]) {
      await writeFile(path, Buffer.alloc(200_000, "dear diary, "));
      await using store = open();
      const problem = problemOf(await store.get(keyOf(session)));
      assert.ok(problem.type === "unavailable" && problem.fault === "corrupt");
      assert.ok(problem.message.startsWith(`${path}: `), problem.message);
      await copyFile(good, `${good}.copy`);
      await put(`${good}.copy`, path);
      assert.equal(valueOf(await store.get(keyOf(session))).sessionId, session.sessionId);
    }
  });

  it("does not stay corrupt when the damage came while it was open", async () => {
    const good = join(folder, "good.sqlite");
    const session = await (async () => {
      await using store = open();
      return await begin(store, { messages: says("x".repeat(100_000)) });
    })();
    await copyFile(path, good);
    const damaged = Buffer.alloc((await stat(path)).size, 0x5a);
    await using store = open();
    valueOf(await store.sweep(1));
    await writeFile(path, damaged, { flag: "r+" });
    const problem = problemOf(await turnsProblem(store, session));
    assert.ok(problem.type === "unavailable" && problem.fault === "corrupt", JSON.stringify(problem));
    await copyFile(good, path);
    assert.equal((await turnsOf(store, session)).length, 1);
  });

  const turnsProblem = (store: SessionStore, session: Session) =>
    store.listTurns({ ...keyOf(session), afterNumber: 0, maxEntries: 10, maxBytes: 1e7 });

  it("makes its tables anew when they were dropped while it was open", async () => {
    await using store = open();
    const session = await begin(store);
    const file = new SqliteFile(path);
    file.exec("drop table rill_turns; drop table rill_sessions; drop table rill_owners; drop table rill_schema");
    file.close();
    assert.match(requireReplaced(await store.get(keyOf(session))), /sessions\.sqlite: no such table: rill_/);
    assert.deepEqual(problemOf(await store.get(keyOf(session))), { type: "session_not_found" });
    await begin(store);
  });

  it("says that a folder in the place of the file can't be used", async () => {
    await using store = open();
    await begin(store);
    await rm(path);
    await mkdir(path);
    requireReplaced(await store.sweep(1));
    const problem = problemOf(await store.sweep(1));
    assert.ok(problem.type === "unavailable" && problem.fault === "misconfigured", JSON.stringify(problem));
    assert.ok(problem.message.includes(path));
  });
});
