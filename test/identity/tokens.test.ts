import assert from "node:assert/strict";
import { KeyObject, randomBytes, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportSPKI, SignJWT, UnsecuredJWT } from "jose";
import { status as Status } from "@grpc/grpc-js";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { AUDIENCE, IdentityRig, ISSUER, jwksOf, TestIssuer } from "../support/identity-rig.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails, type StatusDetails } from "../support/status-details.js";
import { tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const INFO = "rill.v1.ServerService/GetServerInfo";
const STREAM = "rill.v1.GenerationService/GenerateStream";

/** A server that takes the tokens of some issuers, whose JWKS is a file. */
class TokenScene implements AsyncDisposable {
  readonly server: TestServer;
  readonly rig: IdentityRig;
  readonly jwksPath: string;
  readonly #folder: string;

  private constructor(parts: { server: TestServer; rig: IdentityRig; folder: string; jwksPath: string }) {
    this.server = parts.server;
    this.rig = parts.rig;
    this.jwksPath = parts.jwksPath;
    this.#folder = parts.folder;
  }

  static async open(...issuers: readonly TestIssuer[]): Promise<TokenScene> {
    const folder = await mkdtemp(join(tmpdir(), "rill-jwks-"));
    const jwksPath = join(folder, "jwks.json");
    await writeFile(jwksPath, await jwksOf(...issuers));
    const rig = await IdentityRig.open({ jwtKeys: jwksPath });
    const server = await TestServer.start({ identify: rig.identify, engine: { cycle: true, stepMs: 20 } });
    return new TokenScene({ server, rig, folder, jwksPath });
  }

  async call(token: string | undefined, method = INFO): Promise<StatusDetails> {
    const metadata = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const call = { address: this.server.address, method, request: new Uint8Array(), metadata };
    await using reader = await RawHttp2Reader.open(call);
    return rawStatusDetails(await reader.ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.rig[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The seconds since 1970, as tokens count them. */
function seconds(offset: number): number {
  return Math.floor(Date.now() / 1_000) + offset;
}

/** Bad tokens, and the problem that the server names. */
const BAD_TOKENS: Readonly<Record<string, readonly [problem: string, make: (issuer: TestIssuer) => Promise<string>]>> =
  {
    "an expired one": ["token_expired", (issuer) => issuer.sign({ exp: seconds(-5) })],
    "one that is not valid yet": ["token_not_yet_valid", (issuer) => issuer.sign({ nbf: seconds(60) })],
    "one for another audience": ["token_audience", (issuer) => issuer.sign({ aud: "billing" })],
    "one for other audiences": ["token_audience", (issuer) => issuer.sign({ aud: ["billing", "rillx"] })],
    "one without an audience": ["token_audience", (issuer) => issuer.sign({ aud: undefined })],
    "one of another issuer": ["token_issuer", (issuer) => issuer.sign({ iss: `${ISSUER}/` })],
    "one without an issuer": ["token_issuer", (issuer) => issuer.sign({ iss: undefined })],
    "one that never expires": ["token_claims", (issuer) => issuer.sign({ exp: undefined })],
    "one without a tenant": ["token_claims", (issuer) => issuer.sign({ tenant: undefined })],
    "one whose tenant is empty": ["token_claims", (issuer) => issuer.sign({ tenant: "" })],
    "an unsigned one": [
      "token_algorithm",
      () =>
        Promise.resolve(
          new UnsecuredJWT({ tenant: "acme", exp: seconds(60) }).setIssuer(ISSUER).setAudience(AUDIENCE).encode(),
        ),
    ],
    "a good one whose signature was cut off": [
      "token_signature",
      async (issuer) => `${(await issuer.sign()).split(".").slice(0, 2).join(".")}.`,
    ],
    "one that is signed by HMAC with the public key": [
      "token_algorithm",
      async (issuer) => {
        const secret = new TextEncoder().encode(await exportSPKI(issuer.pair.publicKey));
        const claims = { iss: ISSUER, aud: AUDIENCE, tenant: "acme", exp: seconds(60) };
        return await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: issuer.kid }).sign(secret);
      },
    ],
    "one whose header names another algorithm of the same key": [
      "token_algorithm",
      async (issuer) => {
        const [, payload, signature] = (await issuer.sign()).split(".");
        return [encode({ alg: "PS256", kid: issuer.kid }), payload, signature].join(".");
      },
    ],
    "one with an unknown key": ["token_key", (issuer) => issuer.sign({}, { kid: "other" })],
    "one with a key id that is no text": ["token_key", (issuer) => issuer.sign({}, { kid: { a: 1 } })],
    "one that somebody else signed under the same key id": [
      "token_signature",
      async (issuer) => await (await TestIssuer.create(issuer.algorithm, issuer.kid)).sign(),
    ],
    "one with another payload than was signed": [
      "token_signature",
      async (issuer) => {
        const [header, , signature] = (await issuer.sign()).split(".");
        return [header, encode({ iss: ISSUER, aud: AUDIENCE, tenant: "other", exp: seconds(60) }), signature].join(".");
      },
    ],
    "one whose expiry is a text": ["token_claims", (issuer) => issuer.sign({ exp: "soon" })],
    "one whose header was given a critical extension": [
      "token_signature",
      async (issuer) => {
        const [, payload, signature] = (await issuer.sign()).split(".");
        return [encode({ alg: issuer.algorithm, kid: issuer.kid, crit: ["exp"], exp: 1 }), payload, signature].join(
          ".",
        );
      },
    ],
    "one that is not valid before a time beyond all dates": ["token_claims", (issuer) => issuer.sign({ nbf: 1e300 })],
    "one that expired at a time beyond all dates": ["token_claims", (issuer) => issuer.sign({ exp: -1e300 })],
    "one whose signed header has an empty critical extension": ["token_claims", (issuer) => signWithCrit(issuer, "")],
    "one whose signed header has no critical extension": ["token_claims", (issuer) => signWithCrit(issuer, null)],
    "one with four parts": ["malformed", async (issuer) => `${await issuer.sign()}.x`],
    "one whose header is no JSON": ["malformed", () => Promise.resolve("bm8.e30.AA")],
    "one whose header is a list": ["malformed", () => Promise.resolve(`${encode([])}.${encode({})}.AA`)],
    "one of more than 6 KiB": ["token_too_long", (issuer) => issuer.sign({ groups: "a".repeat(4_700) })],
  };

/** Signs a token with a `crit` that jose would refuse to write. */
async function signWithCrit(issuer: TestIssuer, crit: unknown): Promise<string> {
  const header = encode({ alg: issuer.algorithm, kid: issuer.kid, crit });
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "alice", tenant: "acme", exp: seconds(60) };
  const signed = `${header}.${encode(claims)}`;
  const key = { key: KeyObject.from(issuer.pair.privateKey), dsaEncoding: "ieee-p1363" as const };
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

describe("A token", () => {
  it("with a long sub has a subject of 128 characters that no other sub has, and with a sub that is no text has none", async () => {
    const issuer = await TestIssuer.create();
    await using scene = await TokenScene.open(issuer);
    const subjectOf = async (sub: unknown): Promise<string> =>
      scene.rig.identify(credentials(await issuer.sign({ sub }))).subject;
    const start = "a".repeat(128);
    assert.equal(await subjectOf(start), start);
    const [one, two] = [await subjectOf(`${start}1`), await subjectOf(`${start}2`)];
    assert.notEqual(one, two);
    assert.equal(one.length, 128);
    assert.equal(await subjectOf(undefined), "");
  });

  for (const algorithm of ["RS256", "PS256", "ES256", "ES384", "EdDSA"]) {
    it(`that is signed by ${algorithm} makes its caller`, async () => {
      const issuer = await TestIssuer.create(algorithm);
      await using scene = await TokenScene.open(issuer, await TestIssuer.create("RS256", "another"));
      const token = await issuer.sign({ permissions: ["observe", "openid"] });
      const caller = scene.rig.identify(credentials(token));
      assert.deepEqual([caller.tenant, caller.subject, [...caller.permissions]], ["acme", "alice", ["observe"]]);
      assert.equal((await scene.call(token)).code, Status.OK);
    });
  }

  it("without the claim of permissions has the default ones, and a scope lists them with spaces", async () => {
    const issuer = await TestIssuer.create();
    await using scene = await TokenScene.open(issuer);
    const permissionsOf = async (claims: object): Promise<unknown> => [
      ...scene.rig.identify(credentials(await issuer.sign({ ...claims }))).permissions,
    ];
    assert.deepEqual(await permissionsOf({}), ["generate", "sessions", "tokens"]);
    assert.deepEqual(await permissionsOf({ permissions: "openid tokens cancel" }), ["tokens", "cancel"]);
    assert.deepEqual(await permissionsOf({ permissions: 7 }), []);
  });

  it("is refused with what its bearer can mend, in trailers only, and a neighbour's stream goes on", async () => {
    const issuer = await TestIssuer.create();
    await using scene = await TokenScene.open(issuer);
    const stopping = { maxOutputTokens: 1_500, stopSequences: [], stopTokenIds: [] };
    const request = GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65], { stopping })).finish();
    const metadata = { authorization: `Bearer ${await issuer.sign()}` };
    let messages = 0;
    const onMessage = (): void => {
      messages += 1;
    };
    const { address } = scene.server;
    await using neighbour = await RawHttp2Reader.open({ address, method: STREAM, request, metadata, onMessage });
    await neighbour.headers;
    const refused: Record<string, readonly unknown[]> = {};
    const expected: Record<string, readonly unknown[]> = {};
    for (const [name, [problem, make]] of Object.entries(BAD_TOKENS)) {
      const token = await make(issuer);
      const { code, reason, facts, text } = await scene.call(token);
      refused[name] = [code, reason, facts];
      expected[name] = [Status.UNAUTHENTICATED, "UNAUTHENTICATED", { problem, scheme: "Bearer" }];
      if (token.length > 20) assert.ok(!text.includes(token.slice(-20)), "the refusal shows the token");
    }
    assert.deepEqual(refused, expected);
    assert.equal((await scene.call("a".repeat(60_000))).reason, "METADATA_TOO_LARGE");
    const before = messages;
    await neighbour.waitForMessages(neighbour.messageCount + 3);
    assert.ok(messages > before);
    assert.equal((await scene.call(await issuer.sign())).code, Status.OK);
  });

  it("of 10,000 random ones is never taken, and none throws anything but a refusal", async () => {
    const issuer = await TestIssuer.create();
    await using scene = await TokenScene.open(issuer);
    const [header = "", payload = "", signature = ""] = (await issuer.sign()).split(".");
    for (let round = 0; round < 10_000; round += 1) {
      const noise = randomBytes(1 + (round % 90)).toString(round % 2 === 0 ? "base64url" : "latin1");
      const parts = [[noise, payload, signature], [header, noise, signature], [header, payload, noise], [noise]];
      const token = (parts[round % parts.length] ?? []).join(".");
      assert.throws(() => scene.rig.identify(credentials(token)), { code: "UNAUTHENTICATED" });
    }
  });

  it("goes on to be taken from memory only until it expires", async () => {
    let nowMs = Date.now();
    const issuer = await TestIssuer.create();
    const folder = await mkdtemp(join(tmpdir(), "rill-jwks-"));
    await writeFile(join(folder, "jwks.json"), await jwksOf(issuer));
    await using rig = await IdentityRig.open({ jwtKeys: join(folder, "jwks.json"), wallNowMs: () => nowMs });
    const token = await issuer.sign({ exp: seconds(1) });
    assert.equal(rig.identify(credentials(token)).tenant, "acme");
    nowMs += 2_000;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.throws(() => rig.identify(credentials(token)), { facts: { problem: "token_expired", scheme: "Bearer" } });
    await rm(folder, { recursive: true });
  });

  it("whose key the issuer has withdrawn is not taken from memory", async () => {
    const [old, next] = [await TestIssuer.create("ES256", "old"), await TestIssuer.create("ES256", "next")];
    await using scene = await TokenScene.open(old);
    const token = await old.sign();
    assert.equal(scene.rig.identify(credentials(token)).tenant, "acme");
    await writeFile(scene.jwksPath, await jwksOf(next));
    await scene.rig.reload();
    assert.throws(() => scene.rig.identify(credentials(token)), { code: "UNAUTHENTICATED" });
    assert.equal(scene.rig.identify(credentials(await next.sign())).tenant, "acme");
  });
});

function credentials(token: string): Parameters<IdentityRig["identify"]>[0] {
  return {
    authorization: `Bearer ${token}`,
    certificate: undefined,
    forwardedCertificate: undefined,
    isLocal: true,
    peer: undefined,
  };
}
