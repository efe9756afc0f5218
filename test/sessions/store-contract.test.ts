import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStore } from "../../src/sessions/session-store.js";
import type { StoreAddress } from "../../src/sessions/link/store-address.js";
import { describeAnswerContract } from "./answer-contract.js";
import { PgBouncer } from "./pg-bouncer.js";
import { PostgresServer } from "./postgres-server.js";
import { describeQuotaContract } from "./quota-contract.js";
import { describeSessionContract } from "./session-contract.js";
import { admit, begin, commitOf, type Day, openStore, reread, says, turnsOf, valueOf } from "./store-rig.js";
import { describeTurnContract } from "./turn-contract.js";

/** Runs the contract against one kind of store, each test on an empty one. */
function describeContract(newAddress: () => Promise<StoreAddress>, durable: boolean): void {
  let store: SessionStore;
  let address: StoreAddress;
  let day: Day;
  beforeEach(async () => {
    day = { nowMs: 1_790_000_000_000 };
    address = await newAddress();
    store = openStore(address, { day });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
  });

  describeSessionContract(
    () => store,
    () => day,
  );
  describeTurnContract(
    () => store,
    () => day,
  );
  describeAnswerContract(
    () => store,
    () => day,
  );

  describeQuotaContract((policies) => openStore(address, { day, policies }), durable);

  it("says that it is closed, once it is", async () => {
    await store[Symbol.asyncDispose]();
    const result = await store.sweep(1);
    assert.ok(!result.ok && result.problem.type === "unavailable" && result.problem.fault === "closed");
  });

  if (!durable) return;

  it("has everything when it is opened again, while another process uses it too", async () => {
    const session = await begin(store, { messages: says("first") });
    const lease = await admit(store, session);
    await using other = openStore(address, { day });
    valueOf(await other.commitTurn(commitOf(lease, { answer: "by the other" })));
    assert.deepEqual(await reread(store, session), await reread(other, session));
    await store[Symbol.asyncDispose]();
    store = openStore(address, { day });
    assert.deepEqual(await turnsOf(store, session), await turnsOf(other, session));
    assert.equal((await turnsOf(store, session)).at(-1)?.answer, "by the other");
  });

  it("is made once when several processes open it at the same time", async () => {
    const others = Array.from({ length: 4 }, () => openStore(address, { day }));
    const sessions = await Promise.all([store, ...others].map((opened) => begin(opened)));
    for (const session of sessions) assert.deepEqual(await reread(store, session), session);
    for (const other of others) await other[Symbol.asyncDispose]();
  });
}

describe("store contract: SQLite in a file", () => {
  let folder: string;
  let files = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-store-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  describeContract(async () => ({ type: "sqlite", path: join(folder, `below/${++files}.sqlite`) }), true);
});

describe("store contract: SQLite in memory", () => {
  describeContract(async () => ({ type: "memory" }), false);
});

describe("store contract: PostgreSQL", function () {
  let server: PostgresServer | undefined;
  before(async function () {
    this.timeout(60_000);
    server = await PostgresServer.start();
    if (server !== undefined) return;
    console.log("PostgreSQL is not installed here (Debian: postgresql): its tests are skipped");
    this.skip();
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  describeContract(async () => {
    assert.ok(server !== undefined);
    return { type: "postgres", url: await server.createDatabase() };
  }, true);
});

describe("store contract: PostgreSQL behind PgBouncer, which gives each transaction another connection", function () {
  let server: PostgresServer | undefined;
  let bouncer: PgBouncer | undefined;
  before(async function () {
    this.timeout(60_000);
    server = await PostgresServer.start();
    bouncer = server === undefined ? undefined : await PgBouncer.start(server, "transaction");
    if (bouncer !== undefined) return;
    console.log("PostgreSQL or PgBouncer is not installed here (Debian: postgresql, pgbouncer): its tests are skipped");
    this.skip();
  });
  after(async () => {
    await bouncer?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  describeContract(async () => {
    assert.ok(server !== undefined && bouncer !== undefined);
    return { type: "postgres", url: bouncer.addressOf(await server.createDatabase()) };
  }, true);
});
