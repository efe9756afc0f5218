import assert from "node:assert/strict";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { ListSessionsResponse } from "../../generated/rill/v1/session_service.js";
import type { CallCredentials } from "../../src/core/calls.js";
import type { GenerationError } from "../../src/core/generation-error.js";
import { AuditEntries } from "../support/audit-entries.js";
import { hashOf, IdentityRig, jwksOf, KEY, tenantsWithKey, TestIssuer } from "../support/identity-rig.js";
import { HeldRequest } from "../support/held-request.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails } from "../support/status-details.js";
import { tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STREAM = "rill.v1.GenerationService/GenerateStream";
const CREATE = "rill.v1.SessionService/CreateSession";
const LIST = "rill.v1.SessionService/ListSessions";
const LONG = { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] };
const NOTHING: CallCredentials = {
  authorization: undefined,
  certificate: undefined,
  forwardedCertificate: undefined,
  isLocal: true,
  peer: undefined,
};

function withKey(key: string): CallCredentials {
  return { ...NOTHING, authorization: `Bearer ${key}` };
}

function withCertificate(
  subject: string,
  uris: readonly string[] = [],
  forwardedCertificate?: string,
): CallCredentials {
  return { ...NOTHING, certificate: { subject, uris, dnsNames: [] }, forwardedCertificate };
}

function problemOf(rig: IdentityRig, credentials: CallCredentials): unknown {
  try {
    rig.identify(credentials);
  } catch (error) {
    const { code, message, facts } = error as GenerationError;
    return [code, message, facts];
  }
  return undefined;
}

describe("A caller with a key", () => {
  it("is the key's name within its tenant, and several keys of a tenant count at once", async () => {
    const tenants = `
tenants:
  acme:
    keys:
      - { name: ci, sha256: ${hashOf("one")}, permissions: [observe] }
      - { name: ci, sha256: ${hashOf("two")} }
`;
    await using rig = await IdentityRig.open({ tenants });
    const { tenant, subject, permissions } = rig.identify(withKey("one"));
    assert.deepEqual([tenant, subject, [...permissions]], ["acme", "ci", ["observe"]]);
    assert.deepEqual([...rig.identify(withKey("two")).permissions], ["generate", "sessions", "tokens"]);
  });

  it("hears the same whether the key, the tenant or the hash is unknown, or the key has expired", async () => {
    let nowMs = Date.UTC(2027, 0, 1);
    const tenants = `
tenants:
  acme:
    keys:
      - { name: old, sha256: ${hashOf("old")}, expires: "2027-01-01T00:00:00Z" }
  closed:
    disabled: true
    keys: [{ name: ci, sha256: ${hashOf("closed")} }]
`;
    await using rig = await IdentityRig.open({ tenants, wallNowMs: () => nowMs });
    const expected = problemOf(rig, withKey("never-there"));
    assert.ok(expected !== undefined);
    for (const key of ["old", "closed", "ol", "oldd", hashOf("old"), "a.b.c"]) {
      assert.deepEqual(problemOf(rig, withKey(key)), expected, key);
    }
    assert.deepEqual(problemOf(rig, withCertificate("CN=nobody")), expected);
    nowMs -= 1;
    assert.equal(rig.identify(withKey("old")).subject, "old");
  });

  it("is not taken for another by a key that begins like a good one, or is a part of it", async () => {
    await using rig = await IdentityRig.open();
    assert.equal(rig.identify(withKey(KEY)).tenant, "acme");
    for (const key of [`${KEY}x`, `${KEY}=`, KEY.slice(0, -1), KEY.slice(1), KEY.toUpperCase()]) {
      assert.throws(() => rig.identify(withKey(key)), { code: "UNAUTHENTICATED" }, key);
    }
  });

  it("is told how to send it if the metadata is missing or malformed", async () => {
    await using rig = await IdentityRig.open();
    const factsOf = (authorization: string | undefined): unknown =>
      (problemOf(rig, { ...NOTHING, authorization }) as unknown[])[2];
    assert.deepEqual(factsOf(undefined), { problem: "missing", scheme: "Bearer" });
    for (const authorization of ["", KEY, "Basic YTpi", "Bearer", "Bearer ", `Bearer ${KEY} x`, `Bearer\t${KEY}`]) {
      assert.deepEqual(factsOf(authorization), { problem: "malformed", scheme: "Bearer" }, authorization);
    }
    assert.equal(rig.identify({ ...NOTHING, authorization: `bearer  ${KEY}` }).tenant, "acme");
  });
});

describe("A caller with a certificate", () => {
  const tenants = `
tenants:
  acme:
    certificates:
      - { uri: "spiffe://test/worker" }
      - { subject: "CN=worker,O=Acme", permissions: [observe] }
`;

  it("is known by a URI or a subject that the file lists, exactly as it stands there", async () => {
    await using rig = await IdentityRig.open({ tenants });
    const byUri = rig.identify(withCertificate("CN=x", ["https://other", "spiffe://test/worker"]));
    assert.deepEqual([byUri.tenant, byUri.subject], ["acme", "spiffe://test/worker"]);
    assert.deepEqual([...rig.identify(withCertificate("CN=worker,O=Acme")).permissions], ["observe"]);
    for (const [subject, uri] of [
      ["CN=worker", "spiffe://test/worker/"],
      ["CN=worker,O=Acme,C=DE", "SPIFFE://test/worker"],
      ["", ""],
    ] as const) {
      assert.throws(() => rig.identify(withCertificate(subject, [uri])), { code: "UNAUTHENTICATED" });
    }
  });

  it("may come through a proxy only if the operator trusts the proxy's own certificate", async () => {
    const forwarded = "By=spiffe://test/proxy;URI=spiffe://test/worker";
    await using rig = await IdentityRig.open({ tenants, trustedProxies: ["spiffe://test/proxy", "proxy.test"] });
    const through = (uris: string[], dnsNames: string[], header: string | undefined): CallCredentials => ({
      ...NOTHING,
      certificate: { subject: "CN=proxy", uris, dnsNames },
      forwardedCertificate: header,
    });
    assert.equal(rig.identify(through(["spiffe://test/proxy"], [], forwarded)).subject, "spiffe://test/worker");
    assert.equal(rig.identify(through([], ["proxy.test"], forwarded)).subject, "spiffe://test/worker");
    for (const credentials of [
      through(["spiffe://test/other"], [], forwarded),
      through(["spiffe://test/proxy"], [], undefined),
      through(["spiffe://test/proxy"], [], "spiffe://test/worker"),
      through(["spiffe://test/proxy"], [], `${forwarded},By=spiffe://test/proxy;URI=spiffe://test/unknown`),
      { ...NOTHING, forwardedCertificate: forwarded },
    ]) {
      assert.throws(() => rig.identify(credentials), { code: "UNAUTHENTICATED" });
    }
  });

  it("is not asked when the call has a bearer, good or bad", async () => {
    await using rig = await IdentityRig.open({
      tenants: tenants + tenantsWithKey({ tenant: "b" }).replace("tenants:\n", ""),
    });
    const both = withCertificate("CN=worker,O=Acme");
    assert.equal(rig.identify({ ...both, authorization: `Bearer ${KEY}` }).tenant, "b");
    assert.throws(() => rig.identify({ ...both, authorization: "Bearer bad" }), { code: "UNAUTHENTICATED" });
  });
});

describe("A tenants file that changes", () => {
  it("stays as it was while the new one is invalid, and the log names the line but no secret", async () => {
    const logged: string[] = [];
    const log: Logger = {
      ...silentLogger,
      error: (fields) => logged.push((fields as { err: Error }).err.message),
      child: () => log,
    };
    const audit = new AuditEntries();
    await using rig = await IdentityRig.open({ log, audit });
    await rig.write(`tenants:\n  acme:\n    keys: [{ name: ci, sha256: ${KEY} }]\n`);
    await until(() => logged.length > 0);
    assert.match(logged[0] ?? "", /tenants\.yaml:3:32: sha256 must be the 64 hex digits/);
    assert.ok(!logged.join().includes(KEY));
    assert.deepEqual(audit.list, [{ action: "reload", target: "tenants", outcome: "failed" }]);
    assert.equal(rig.identify(withKey(KEY)).tenant, "acme");
  });

  it("is read by itself, and ends the calls of a removed key within five seconds, but no other", async () => {
    await using rig = await IdentityRig.open({ tenants: `${tenantsWithKey({ key: "one" })}${entry("two")}` });
    await using server = await TestServer.start({ identify: rig.identify, engine: { cycle: true, stepMs: 20 } });
    await using first = await openStream(server, "one");
    await using second = await openStream(server, "two");
    const removedAtMs = performance.now();
    await rig.write(tenantsWithKey({ key: "two" }));
    const { code, reason } = rawStatusDetails(await first.ended);
    assert.deepEqual([code, reason], [7, "CREDENTIALS_REVOKED"]);
    assert.ok(performance.now() - removedAtMs < 5_000);
    await second.waitForMessages(second.messageCount + 3);
    assert.throws(() => rig.identify(withKey("one")), { code: "UNAUTHENTICATED" });
    assert.equal(server.scheduler.load().generations.length, 1);
  });

  it("ends the calls of a caller with a token when its tenant is removed or disabled", async () => {
    const issuer = await TestIssuer.create();
    const folder = await mkdtemp(join(tmpdir(), "rill-jwks-"));
    await writeFile(join(folder, "jwks.json"), await jwksOf(issuer));
    await using rig = await IdentityRig.open({ jwtKeys: join(folder, "jwks.json") });
    await using server = await TestServer.start({ identify: rig.identify, engine: { cycle: true, stepMs: 20 } });
    await using listed = await openStream(server, await issuer.sign());
    await using unlisted = await openStream(server, await issuer.sign({ tenant: "other" }));
    await rig.write("tenants: {}");
    await rig.reload();
    assert.equal(rawStatusDetails(await listed.ended).reason, "CREDENTIALS_REVOKED");
    await unlisted.waitForMessages(unlisted.messageCount + 3);
    await rig.write("tenants: { other: { disabled: true } }");
    await rig.reload();
    assert.equal(rawStatusDetails(await unlisted.ended).reason, "CREDENTIALS_REVOKED");
    const token = await issuer.sign({ tenant: "other" });
    assert.throws(() => rig.identify(withKey(token)), { code: "CREDENTIALS_REVOKED" });
    await rm(folder, { recursive: true });
  });

  it("keeps a call from writing whose request arrives after its key was removed", async () => {
    await using rig = await IdentityRig.open({ tenants: `${tenantsWithKey({ key: "one" })}${entry("two")}` });
    await using server = await TestServer.start({ identify: rig.identify });
    await using held = await HeldRequest.open(server, { method: CREATE, key: "one" });
    await rig.write(tenantsWithKey({ key: "two" }));
    await rig.reload();
    assert.equal(rawStatusDetails(await held.send(new Uint8Array())).reason, "CREDENTIALS_REVOKED");
    const { address } = server;
    const metadata = { authorization: "Bearer two" };
    const sessions = async (): Promise<number> => {
      const list = { address, method: LIST, request: new Uint8Array(), metadata };
      await using reader = await RawHttp2Reader.open(list);
      assert.equal(rawStatusDetails(await reader.ended).code, 0);
      return ListSessionsResponse.decode(reader.messages[0] ?? assert.fail("no response")).sessions.length;
    };
    assert.equal(await sessions(), 0);
    await using allowed = await HeldRequest.open(server, { method: CREATE, key: "two" });
    assert.equal(rawStatusDetails(await allowed.send(new Uint8Array())).code, 0);
    assert.equal(await sessions(), 1);
  });

  it("leaves a stream alone whose token expires", async () => {
    const issuer = await TestIssuer.create();
    const folder = await mkdtemp(join(tmpdir(), "rill-jwks-"));
    await writeFile(join(folder, "jwks.json"), await jwksOf(issuer));
    await using rig = await IdentityRig.open({ jwtKeys: join(folder, "jwks.json") });
    await using server = await TestServer.start({ identify: rig.identify, engine: { cycle: true, stepMs: 20 } });
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const token = await issuer.sign({ exp });
    await using stream = await openStream(server, token);
    await until(() => Date.now() > exp * 1_000 + 50);
    assert.throws(() => rig.identify(withKey(token)), { facts: { problem: "token_expired", scheme: "Bearer" } });
    await stream.waitForMessages(stream.messageCount + 3);
    await rm(folder, { recursive: true });
  });
});

/** One more key of the tenant in `tenantsWithKey`. */
function entry(key: string): string {
  return `      - { name: ${key}, sha256: ${hashOf(key)} }\n`;
}

async function openStream({ address }: TestServer, key: string): Promise<RawHttp2Reader> {
  const request = GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65], { stopping: LONG })).finish();
  const metadata = { authorization: `Bearer ${key}` };
  const reader = await RawHttp2Reader.open({ address, method: STREAM, request, metadata });
  await reader.waitForMessages(2);
  return reader;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
