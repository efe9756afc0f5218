import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type GenerateKeyPairResult, SignJWT } from "jose";
import type { AuditTrail } from "../../src/core/audit.js";
import { ServerIdentity } from "../../src/identity/server-identity.js";
import { TOKEN_ALGORITHMS } from "../../src/identity/key-set.js";
import { parseSizeBytes } from "../../src/settings/units.js";
import { systemClock } from "../../src/sync/clock.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import { UNRECORDED } from "./audit-entries.js";

export const ISSUER = "https://issuer.test";
export const AUDIENCE = "rill";
/** The static key of the rig's tenant `acme`. */
export const KEY = "rill_test-key";

export interface IdentityRigOptions {
  /** The tenants file. Default: tenant acme with KEY. */
  readonly tenants?: string;
  /** The permissions of KEY. Default: all but admin. */
  readonly permissions?: readonly string[];
  /** The JWKS: a path or a URL. Default: no JWT. */
  readonly jwtKeys?: string;
  readonly trustedProxies?: readonly string[];
  readonly log?: Logger;
  /** Default: nothing is recorded. */
  readonly audit?: AuditTrail;
  readonly wallNowMs?: () => number;
}

/** The identity of a server with a tenants file in a folder of its own. Disposing removes both. */
export class IdentityRig implements AsyncDisposable {
  readonly identity: ServerIdentity;
  readonly #folder: string;

  private constructor(folder: string, identity: ServerIdentity) {
    this.#folder = folder;
    this.identity = identity;
  }

  static async open(options: IdentityRigOptions = {}): Promise<IdentityRig> {
    const { jwtKeys, log = silentLogger } = options;
    const folder = await mkdtemp(join(tmpdir(), "rill-identity-"));
    const permissions = options.permissions ?? ["generate", "sessions", "tokens", "observe", "cancel"];
    await writeFile(join(folder, "tenants.yaml"), options.tenants ?? tenantsWithKey({ permissions }));
    const identity = await ServerIdentity.open({
      tenantsPath: join(folder, "tenants.yaml"),
      tokens:
        jwtKeys === undefined
          ? undefined
          : {
              keys: jwtKeys,
              issuer: ISSUER,
              audience: AUDIENCE,
              algorithms: TOKEN_ALGORITHMS,
              clockSkewMs: 0,
              tenantClaim: "tenant",
              permissionsClaim: "permissions",
            },
      trustedProxies: options.trustedProxies ?? [],
      parseSize: parseSizeBytes,
      audit: options.audit ?? UNRECORDED,
      log,
      clock: systemClock,
      ...(options.wallNowMs === undefined ? {} : { wallNowMs: options.wallNowMs }),
    });
    return new IdentityRig(folder, identity);
  }

  get identify(): ServerIdentity["identify"] {
    return this.identity.identify;
  }

  /** The metadata `authorization` with KEY. */
  get bearer(): string {
    return `Bearer ${KEY}`;
  }

  /** Replaces the tenants file. The rig reads it again at `reload`, or within two seconds. */
  async write(tenants: string): Promise<void> {
    await writeFile(join(this.#folder, "tenants.yaml"), tenants);
  }

  /** Reads the sources again, as SIGHUP does. */
  async reload(): Promise<void> {
    for (const source of this.identity.sources) await source.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.identity[Symbol.dispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A tenants file with one tenant and one key. */
export function tenantsWithKey({
  tenant = "acme",
  key = KEY,
  permissions,
}: {
  tenant?: string;
  key?: string;
  permissions?: readonly string[];
}): string {
  const rights = permissions === undefined ? "" : `, permissions: [${permissions.join(", ")}]`;
  return `tenants:\n  ${tenant}:\n    keys:\n      - { name: ci, sha256: ${hashOf(key)}${rights} }\n`;
}

export function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** An issuer of tokens, by jose, which shares no code with the server's verification. */
export class TestIssuer {
  readonly algorithm: string;
  readonly kid: string;
  readonly pair: GenerateKeyPairResult;

  private constructor(algorithm: string, kid: string, pair: GenerateKeyPairResult) {
    this.algorithm = algorithm;
    this.kid = kid;
    this.pair = pair;
  }

  static async create(algorithm = "ES256", kid = `key-${algorithm}`): Promise<TestIssuer> {
    return new TestIssuer(algorithm, kid, await generateKeyPair(algorithm, { extractable: true }));
  }

  /** Signs a token that is good but for what is given. An undefined claim is left out. */
  async sign(claims: Readonly<Record<string, unknown>> = {}, header: object = {}): Promise<string> {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const all: Readonly<Record<string, unknown>> = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: "alice",
      tenant: "acme",
      exp: nowSeconds + 600,
      ...claims,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return await new SignJWT(given)
      .setProtectedHeader({ alg: this.algorithm, kid: this.kid, ...header })
      .sign(this.pair.privateKey);
  }

  /** The issuer's public key, as its JWKS shows it. */
  async jwk(): Promise<object> {
    return { ...(await exportJWK(this.pair.publicKey)), kid: this.kid, alg: this.algorithm, use: "sig" };
  }
}

/** The JWKS of several issuers. */
export async function jwksOf(...issuers: readonly TestIssuer[]): Promise<string> {
  return JSON.stringify({ keys: await Promise.all(issuers.map((issuer) => issuer.jwk())) });
}
