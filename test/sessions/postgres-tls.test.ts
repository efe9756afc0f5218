import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPostgresTarget } from "../../src/sessions/database/postgres-tls.js";
import { RecordingLogger } from "../scheduler/recording-logger.js";
import { TestAuthority } from "../support/test-certificates.js";
import { PgBouncer } from "./pg-bouncer.js";
import { PostgresServer } from "./postgres-server.js";
import { begin, openStore, problemOf } from "./store-rig.js";

/** Returns the fault and the message of a store that cannot be used. */
async function refusalOf(url: string): Promise<readonly [fault: string, message: string]> {
  await using store = openStore({ type: "postgres", url });
  const problem = problemOf(await store.sweep(1));
  assert.ok(problem.type === "unavailable", JSON.stringify(problem));
  return [problem.fault, problem.message];
}

async function serves(url: string): Promise<boolean> {
  await using store = openStore({ type: "postgres", url });
  await begin(store);
  return true;
}

/** An address with another host, and with parameters. */
function changed(address: string, host: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  url.hostname = host;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

describe("A store on PostgreSQL with TLS", function () {
  this.timeout(60_000);
  let folder: string;
  let authority: string;
  let stranger: string;
  let server: PostgresServer | undefined;
  let plain: PostgresServer | undefined;
  let address: string;
  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "rill-postgres-tls-"));
    const own = await TestAuthority.create("own");
    authority = join(folder, "own.crt");
    await writeFile(authority, own.certificate);
    stranger = join(folder, "stranger.crt");
    await writeFile(stranger, (await TestAuthority.create("stranger")).certificate);
    // The name is right for localhost and wrong for 127.0.0.1.
    server = await PostgresServer.start(await own.issue({ subject: "CN=localhost", dnsNames: ["localhost"] }));
    plain = await PostgresServer.start();
    if (server === undefined) {
      console.log("PostgreSQL is not installed here (Debian: postgresql): its tests are skipped");
      return this.skip();
    }
    address = await server.createDatabase();
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await plain?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it("serves with verify-full where authority and name are right", async () => {
    assert.ok(await serves(changed(address, "localhost", { sslmode: "verify-full", sslrootcert: authority })));
  });

  it("refuses a wrong name with verify-full, and says so", async () => {
    const [fault, message] = await refusalOf(
      changed(address, "127.0.0.1", { sslmode: "verify-full", sslrootcert: authority }),
    );
    assert.equal(fault, "misconfigured");
    assert.match(message, /IP: 127\.0\.0\.1 is not in the cert's list/);
  });

  it("takes a wrong name with verify-ca, but no wrong authority", async () => {
    assert.ok(await serves(changed(address, "127.0.0.1", { sslmode: "verify-ca", sslrootcert: authority })));
    for (const sslmode of ["verify-ca", "verify-full", "require"]) {
      const [fault, message] = await refusalOf(changed(address, "localhost", { sslmode, sslrootcert: stranger }));
      assert.equal(fault, "misconfigured");
      assert.match(message, /certificate/);
    }
  });

  it("only encrypts with require and no authority", async () => {
    assert.ok(await serves(changed(address, "127.0.0.1", { sslmode: "require" })));
  });

  it("says that a server has no TLS", async () => {
    assert.ok(plain !== undefined);
    const url = await plain.createDatabase();
    const [fault, message] = await refusalOf(
      changed(url, "localhost", { sslmode: "verify-full", sslrootcert: authority }),
    );
    assert.equal(fault, "misconfigured");
    assert.match(message, /The server does not support SSL connections/);
  });

  it("shows its password nowhere, neither right nor wrong", async () => {
    assert.ok(plain !== undefined);
    const url = new URL(await plain.createDatabase());
    await plain.demandPassword("right-secret");
    url.password = "right-secret";
    assert.ok(await serves(url.href));
    url.password = "wrong-secret";
    const log = new RecordingLogger();
    await using store = openStore({ type: "postgres", url: url.href }, { log });
    const problem = problemOf(await store.sweep(1));
    assert.ok(problem.type === "unavailable" && problem.fault === "misconfigured");
    assert.match(problem.message, /password authentication failed/);
    assert.match(JSON.stringify(log.lines), /password authentication failed/);
    assert.doesNotMatch(JSON.stringify([problem, log.lines]), /wrong-secret/);
  });
});

describe("PgBouncer that gives each statement another connection", function () {
  this.timeout(60_000);

  it("is refused with the reason", async function () {
    await using server = await PostgresServer.start();
    await using bouncer = server === undefined ? undefined : await PgBouncer.start(server, "statement");
    if (server === undefined || bouncer === undefined) return this.skip();
    const [fault, message] = await refusalOf(bouncer.addressOf(await server.createDatabase()));
    assert.equal(fault, "misconfigured");
    assert.match(message, /transaction blocks not allowed in statement pooling mode/i);
  });
});

describe("readPostgresTarget", () => {
  it("takes the parameters of TLS out of the address and leaves the others", () => {
    const { connectionString, tls } = readPostgresTarget("postgres://u@h/d?sslmode=verify-full&application_name=x");
    assert.equal(connectionString, "postgres://u@h/d?application_name=x");
    assert.deepEqual(tls, { rejectUnauthorized: true });
  });

  it("refuses modes that fall back to plain text, and files that are not there", () => {
    assert.throws(() => readPostgresTarget("postgres://h/d?sslmode=prefer"), /sslmode is "prefer", and must be one of/);
    assert.throws(() => readPostgresTarget("postgres://h/d?ssl=true"), /use sslmode/);
    const missing = "postgres://h/d?sslmode=verify-full&sslrootcert=/no/such.crt";
    assert.throws(() => readPostgresTarget(missing), /sslrootcert cannot be read: ENOENT/);
  });

  it("knows how far others can be trusted", () => {
    const weaknesses = [
      ["postgres://u@localhost/d", undefined],
      ["postgres://u@127.0.0.1:5433/d", undefined],
      ["postgres://u@[::1]/d", undefined],
      ["postgres://u@%2Frun%2Fpostgresql/d", undefined],
      ["postgres:///d?host=/run/postgresql", undefined],
      ["postgres://u@db.example/d", "the connection is not encrypted"],
      ["postgres://u@db.example/d?sslmode=require", "the server's certificate is not verified"],
      ["postgres://u@db.example/d?sslmode=verify-ca", "the server's name is not verified"],
      ["postgres://u@db.example/d?sslmode=verify-full", undefined],
    ] as const;
    for (const [address, weakness] of weaknesses) assert.equal(readPostgresTarget(address).weakness, weakness, address);
  });
});
