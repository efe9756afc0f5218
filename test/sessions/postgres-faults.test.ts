import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { SessionStore } from "../../src/sessions/session-store.js";
import { PostgresServer } from "./postgres-server.js";
import { admit, begin, commitOf, keyOf, openStore, problemOf, reread, says, turnsOf, valueOf } from "./store-rig.js";

describe("A store on a faulty PostgreSQL server", function () {
  this.timeout(60_000);
  let started: PostgresServer | undefined;
  let server: PostgresServer;
  let url: string;
  let store: SessionStore;
  before(async function () {
    started = await PostgresServer.start();
    if (started === undefined) {
      console.log("PostgreSQL is not installed here (Debian: postgresql): its tests are skipped");
      return this.skip();
    }
    server = started;
  });
  beforeEach(async () => {
    url = await server.createDatabase();
    store = openStore({ type: "postgres", url });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });
  after(async () => {
    await started?.[Symbol.asyncDispose]();
  });

  const faultOf = async (call: Promise<Parameters<typeof problemOf>[0]>): Promise<string> => {
    const problem = problemOf(await call);
    assert.ok(problem.type === "unavailable", JSON.stringify(problem));
    return problem.fault;
  };

  it("makes its tables anew when they were dropped while it was open", async () => {
    const session = await begin(store);
    await server.runTool("psql", ["--quiet", "--command=drop schema public cascade; create schema public", url]);
    assert.equal(await faultOf(store.get(keyOf(session))), "replaced");
    assert.deepEqual(problemOf(await store.get(keyOf(session))), { type: "session_not_found" });
    await begin(store);
  });

  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    it(`stores nothing and loses nothing while the server is down after ${signal}, and goes on when it is back`, async () => {
      const session = await begin(store);
      const lease = await admit(store, session);
      // Every connection of the pool is open when the server goes.
      await Promise.all(Array.from({ length: 20 }, () => reread(store, session)));
      const append = () => store.append({ ...keyOf(session), expectedRevision: undefined, messages: says("x") });
      const cut = Array.from({ length: 5 }, () => store.renewLease({ lease, leaseMs: 60_000, answer: "so far" }));
      await server.down(signal);
      for (const result of await Promise.all(cut)) {
        assert.ok(result.ok || (result.problem.type === "unavailable" && result.problem.fault === "unreachable"));
      }
      assert.equal(await faultOf(store.commitTurn(commitOf(lease))), "unreachable");
      assert.equal(await faultOf(append()), "unreachable");
      assert.equal(await faultOf(store.get(keyOf(session))), "unreachable");
      await server.up();
      assert.deepEqual(valueOf(await store.commitTurn(commitOf(lease))), { revision: 3 });
      assert.equal((await turnsOf(store, session))[0]?.answer, "so it goes");
      valueOf(await append());
    });
  }

  it("comes up once its server does", async () => {
    await server.down("SIGINT");
    const late = openStore({ type: "postgres", url });
    assert.equal(await faultOf(late.sweep(1)), "unreachable");
    await server.up();
    await begin(late);
    await late[Symbol.asyncDispose]();
  });

  it("waits no longer than its bound for another transaction's lock, and then has changed nothing", async () => {
    const session = await begin(store);
    const append = () => store.append({ ...keyOf(session), expectedRevision: 1, messages: says("x") });
    {
      await using holder = await server.connect(databaseOf(url));
      await holder.run("begin; select 1 from rill_sessions for update");
      assert.equal(await faultOf(append()), "unreachable");
      assert.deepEqual(await reread(store, session), session);
    }
    assert.equal(valueOf(await append()).revision, 2);
  });

  it("waits no longer than its bound for a server that takes connections and says nothing", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const stuck = openStore({ type: "postgres", url: `postgres://rill@127.0.0.1:${port}/x` });
    const results = await Promise.all(Array.from({ length: 12 }, () => faultOf(stuck.sweep(1))));
    assert.deepEqual(new Set(results), new Set(["unreachable"]));
    for (const socket of sockets) socket.destroy();
    silent.close();
    await stuck[Symbol.asyncDispose]();
  });

  it("says that the database is missing, that it may not be written, and that its tables are of a later release", async () => {
    await using lost = openStore({ type: "postgres", url: url.replace(/[^/]*$/, "nowhere") });
    assert.equal(await faultOf(lost.sweep(1)), "misconfigured");
    const session = await begin(store);
    await using connection = await server.connect(databaseOf(url));
    await connection.run("update rill_schema set version = 99, compatible_from = 98");
    await using older = openStore({ type: "postgres", url });
    assert.equal(await faultOf(older.get(keyOf(session))), "newer_schema");
    await connection.run("update rill_schema set compatible_from = 1");
    assert.deepEqual(await reread(older, session), session);
    await connection.run(`alter database ${databaseOf(url)} set default_transaction_read_only = on`);
    await using reader = openStore({ type: "postgres", url });
    assert.deepEqual(await reread(reader, session), session);
    const append = reader.append({ ...keyOf(session), expectedRevision: 1, messages: says("x") });
    assert.equal(await faultOf(append), "read_only");
  });
});

function databaseOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
