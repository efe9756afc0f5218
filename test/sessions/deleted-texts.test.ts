import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteFile from "better-sqlite3";
import type { Session } from "../../src/sessions/session.js";
import { admit, begin, commitOf, type Day, HOUR, keyOf, openStore, says, valueOf } from "./store-rig.js";

/** Long enough to fill pages of its own, so that deletion frees whole pages too. */
const textOf = (marker: string): string => `${marker} `.repeat(2_000);

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "rill-deleted-"));

  get address() {
    return { type: "sqlite", path: join(this.path, "sessions.sqlite") } as const;
  }

  /** The names of the files in which the text stands. */
  filesWith(text: string): readonly string[] {
    return readdirSync(this.path).filter((name) => readFileSync(join(this.path, name)).includes(text));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

describe("The files of a SQLite store", () => {
  it("have no text of a deleted session after the next sweep, neither of messages nor of answers nor of keys", async () => {
    using folder = new Folder();
    await using store = openStore(folder.address);
    const kept = await begin(store, { messages: says(textOf("KEPT-TEXT")) });
    const session = await begin(store, {
      messages: says(textOf("ASKED-TEXT")),
      labels: new Map([["l", "LABEL-TEXT"]]),
    });
    const idempotency = { key: "k", bodyDigest: "DIGEST-TEXT" };
    const lease = await admit(store, session, { idempotency, messages: says(textOf("SECOND-TEXT")) });
    valueOf(await store.renewLease({ lease, leaseMs: HOUR, answer: textOf("PARTIAL-TEXT") }));
    valueOf(await store.commitTurn(commitOf(lease, { answer: textOf("ANSWER-TEXT"), record: textOf("RECORD-TEXT") })));
    const texts = ["ASKED-TEXT", "SECOND-TEXT", "ANSWER-TEXT", "RECORD-TEXT", "LABEL-TEXT", "DIGEST-TEXT"];
    for (const text of texts) assert.notDeepEqual(folder.filesWith(text), [], text);
    valueOf(await store.delete({ ...keyOf(session), expectedRevision: undefined }));
    valueOf(await store.sweep(4));
    for (const text of [...texts, "PARTIAL-TEXT"]) assert.deepEqual(folder.filesWith(text), [], text);
    assert.notDeepEqual(folder.filesWith("KEPT-TEXT"), []);
    assert.equal(valueOf(await store.get(keyOf(kept))).sessionId, kept.sessionId);
  });

  it("have no text of a session that a sweep has deleted", async () => {
    using folder = new Folder();
    const day: Day = { nowMs: 1_790_000_000_000 };
    await using store = openStore(folder.address, { day });
    await begin(store, { messages: says(textOf("ASKED-TEXT")), idleMs: HOUR });
    day.nowMs += 2 * HOUR;
    assert.equal(valueOf(await store.sweep(4)).deletedSessions, 1);
    assert.deepEqual(folder.filesWith("ASKED-TEXT"), []);
  });

  it("lose the texts of a process that was killed after a deletion, at the next start", async () => {
    using folder = new Folder();
    // The script deletes as the store does, and is killed before anything else happens.
    const script = `
      const file = new (require("better-sqlite3"))(process.argv[1]);
      file.pragma("journal_mode = WAL"); file.pragma("secure_delete = ON"); file.pragma("foreign_keys = ON");
      file.exec("delete from rill_sessions");
      process.kill(process.pid, "SIGKILL");`;
    {
      await using store = openStore(folder.address);
      await begin(store, { messages: says(textOf("ASKED-TEXT")) });
    }
    const { signal } = spawnSync(process.execPath, ["-e", script, folder.address.path]);
    assert.equal(signal, "SIGKILL");
    assert.notDeepEqual(folder.filesWith("ASKED-TEXT"), []);
    await using again = openStore(folder.address);
    valueOf(await again.sweep(4));
    assert.deepEqual(folder.filesWith("ASKED-TEXT"), []);
  });

  it("lose them as soon as another process that reads the file lets go, and no call waits for it", async () => {
    using folder = new Folder();
    await using store = openStore(folder.address);
    const session = await begin(store, { messages: says(textOf("ASKED-TEXT")) });
    const reader = new SqliteFile(folder.address.path);
    try {
      reader.exec("begin");
      const rows = reader.prepare("select count(*) as count from rill_turns").get() as { readonly count: number };
      assert.equal(rows.count, 1);
      valueOf(await store.delete({ ...keyOf(session), expectedRevision: undefined }));
      const startedMs = performance.now();
      valueOf(await store.sweep(4));
      assert.ok(performance.now() - startedMs < 4_000);
      assert.notDeepEqual(folder.filesWith("ASKED-TEXT"), []);
      reader.exec("commit");
    } finally {
      reader.close();
    }
    valueOf(await store.sweep(4));
    assert.deepEqual(folder.filesWith("ASKED-TEXT"), []);
  });
});

describe("The maximum age of a session", () => {
  it("deletes a session that is still used, also one from before the bound, and no younger one", async () => {
    using folder = new Folder();
    const day: Day = { nowMs: 1_790_000_000_000 };
    let old: Session;
    {
      await using store = openStore(folder.address, { day });
      old = await begin(store, { messages: says(textOf("OLD-TEXT")), idleMs: 1_000 * HOUR });
    }
    day.nowMs += 5 * HOUR;
    await using store = openStore(folder.address, { day, limits: { ageMs: 10 * HOUR } });
    const young = await begin(store, { messages: says(textOf("YOUNG-TEXT")), idleMs: 1_000 * HOUR });
    const use = async (session: Session): Promise<boolean> => {
      const result = await store.append({ ...keyOf(session), expectedRevision: undefined, messages: says("more") });
      return result.ok;
    };
    day.nowMs += 4 * HOUR;
    assert.deepEqual([await use(old), await use(young)], [true, true]);
    day.nowMs += 2 * HOUR;
    assert.deepEqual([await use(old), await use(young)], [false, true]);
    valueOf(await store.sweep(4));
    assert.deepEqual(folder.filesWith("OLD-TEXT"), []);
    day.nowMs += 4 * HOUR;
    assert.equal(await use(young), false);
    valueOf(await store.sweep(4));
    assert.deepEqual(folder.filesWith("YOUNG-TEXT"), []);
  });

  it("brings any number of sessions in line with a shorter age", async () => {
    using folder = new Folder();
    const day = { nowMs: 1_000_000 };
    {
      await using store = openStore(folder.address, { day, limits: { sessions: 1_000 } });
      for (let count = 0; count < 401; count += 1) await begin(store, { idleMs: 1_000 * HOUR });
    }
    day.nowMs += 11 * HOUR;
    await using store = openStore(folder.address, { day, limits: { sessions: 1_000, ageMs: 10 * HOUR } });
    assert.equal(valueOf(await store.sweep(1_000)).deletedSessions, 401);
  });
});
