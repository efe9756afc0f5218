import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import SqliteFile from "better-sqlite3";
import { problemOf, begin, keyOf, openStore, turnsOf, says } from "./store-rig.js";

const run = promisify(execFile);
const OURS = 0x52_69_6c_6c;

describe("The owner of a store's SQLite file", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-owner-"));
    path = join(folder, "sessions.sqlite");
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const open = () => openStore({ type: "sqlite", path });
  const modes = async (): Promise<Record<string, string>> => {
    const entries = (await readdir(folder)).map(async (name) => {
      const { mode } = await stat(join(folder, name));
      return [name, (mode & 0o777).toString(8)] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const applicationId = (): unknown => {
    const file = new SqliteFile(path, { readonly: true });
    try {
      return file.pragma("application_id", { simple: true });
    } finally {
      file.close();
    }
  };
  /** Runs SQL on the file, as another program would. */
  const execute = (statements: string): void => {
    const file = new SqliteFile(path);
    file.exec(statements);
    file.close();
  };

  it("alone may read what is stored, in a folder that others may read", async function () {
    if (process.platform === "win32") return this.skip();
    await chmod(folder, 0o755);
    await using store = open();
    await begin(store);
    assert.deepEqual(await modes(), {
      "sessions.sqlite": "600",
      "sessions.sqlite-shm": "600",
      "sessions.sqlite-wal": "600",
    });
  });

  it("alone may read a file that stood open to others before", async function () {
    if (process.platform === "win32") return this.skip();
    const session = await (async () => {
      await using store = open();
      return await begin(store, { messages: says("kept") });
    })();
    await chmod(path, 0o664);
    await using store = open();
    assert.equal((await turnsOf(store, session)).length, 1);
    assert.deepEqual(new Set(Object.values(await modes())), new Set(["600"]));
  });

  it("is known by the application id", async () => {
    await using store = open();
    await begin(store);
    assert.equal(applicationId(), OURS);
  });

  it("is known by the tables where a file has no application id yet", async () => {
    const session = await (async () => {
      await using store = open();
      return await begin(store);
    })();
    execute("pragma application_id = 0");
    await using store = open();
    await store.get(keyOf(session));
    assert.equal((await store.get(keyOf(session))).ok, true);
    assert.equal(applicationId(), OURS);
  });

  const FOREIGN = [
    { evidence: "tables", statements: "create table photos (id integer)", said: /a table or an index "photos"/ },
    { evidence: "application id", statements: "pragma application_id = 252006674", said: /id is 0xf055112/ },
    {
      evidence: "tables, with a log beside it",
      statements: "pragma journal_mode = wal; create table photos (id integer)",
      said: /a table or an index "photos"/,
    },
  ];
  for (const { evidence, statements, said } of FOREIGN) {
    it(`refuses another program's file, known by its ${evidence}, and leaves it as it is`, async () => {
      execute(statements);
      await chmod(path, 0o644);
      const bytes = await readFile(path);
      await using store = open();
      for (let times = 0; times < 2; times++) {
        const problem = problemOf(await store.sweep(1));
        assert.ok(problem.type === "unavailable" && problem.fault === "misconfigured");
        assert.ok(problem.message.startsWith(`${path} belongs to another program`), problem.message);
        assert.match(problem.message, said);
      }
      assert.deepEqual(await readFile(path), bytes);
      assert.deepEqual(await modes(), { "sessions.sqlite": "644" });
    });
  }

  it("is told that a home is read-only, whether the file is there or not", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return this.skip();
    const disk = join(folder, "disk");
    try {
      await run("sh", ["-c", `mkdir '${disk}' && mount -t tmpfs -o size=4m none '${disk}'`]);
    } catch {
      return this.skip();
    }
    const places = ["old.sqlite", "new.sqlite", ".local/share/rill/sessions.sqlite"];
    try {
      {
        await using store = openStore({ type: "sqlite", path: join(disk, "old.sqlite") });
        await begin(store);
      }
      await run("mount", ["-o", "remount,ro", disk]);
      for (const place of places) {
        await using store = openStore({ type: "sqlite", path: join(disk, place) });
        const problem = problemOf(await store.sweep(1));
        assert.ok(problem.type === "unavailable" && problem.fault === "read_only", JSON.stringify(problem));
        assert.ok(problem.message.includes(disk), problem.message);
      }
    } finally {
      await run("umount", [disk]);
    }
  });
});
