import type { AuditTrail } from "../core/audit.js";
import type { CallCredentials, Caller } from "../core/calls.js";
import type { TenantPolicies, TenantPolicy } from "../core/tenant-policy.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import { CallerIdentity } from "./caller-identity.js";
import { identifyCaller } from "./identify-caller.js";
import { KeySource } from "./key-source.js";
import type { TokenAlgorithm } from "./key-set.js";
import { Revocations } from "./revocations.js";
import { TenantDirectory } from "./tenant-directory.js";
import { TokenCallers } from "./token-callers.js";
import { TokenVerifier } from "./token-verifier.js";

/** The rules for JWTs. */
interface TokenRules {
  /** The path or the URL of the issuer's JWKS. */
  readonly keys: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly clockSkewMs: number;
  readonly tenantClaim: string;
  readonly permissionsClaim: string;
}

export interface ServerIdentityOptions {
  /** The path of the tenants file, or undefined if there is none. */
  readonly tenantsPath: string | undefined;
  /** The rules for JWTs, or undefined if the server takes none. */
  readonly tokens: TokenRules | undefined;
  /** The URIs and DNS names of the proxies whose `x-forwarded-client-cert` counts. */
  readonly trustedProxies: readonly string[];
  /** Parses a size such as 100MiB to bytes. */
  readonly parseSize: (text: string) => number | undefined;
  /** The record of the reloads that the server does by itself. */
  readonly audit: AuditTrail;
  readonly log: Logger;
  readonly clock: Clock;
  /** The time of day in ms. The default is the system's. */
  readonly wallNowMs?: () => number;
}

/** A part of the identity that SIGHUP reloads. */
interface ReloadableSource {
  readonly name: string;
  reload(): Promise<void>;
}

/**
 * Everything that the server knows of its callers: the tenants file, the issuer's keys and the rules. Without a tenants file and without JWT, every caller
 * is the same one and may do everything. Main thread; one for the server.
 */
export class ServerIdentity implements TenantPolicies, Disposable {
  /** Whether the server tells callers apart, so that each call needs credentials. */
  readonly isConfigured: boolean;
  /** The sources that can be read again while the server serves. */
  readonly sources: readonly ReloadableSource[];
  readonly #tenants: TenantDirectory;
  readonly #keys: KeySource | undefined;
  readonly #callers: CallerIdentity | undefined;

  private constructor(parts: {
    tenants: TenantDirectory;
    keys: KeySource | undefined;
    callers: CallerIdentity | undefined;
  }) {
    const { tenants, keys, callers } = parts;
    this.isConfigured = callers !== undefined;
    this.sources = [...(tenants.hasFile ? [tenants] : []), ...(keys === undefined ? [] : [keys])];
    this.#tenants = tenants;
    this.#keys = keys;
    this.#callers = callers;
  }

  /** @throws Error with the path and every problem if a file is invalid */
  static async open(options: ServerIdentityOptions): Promise<ServerIdentity> {
    const { tenantsPath: path, tokens: rules, trustedProxies, log, clock, wallNowMs = Date.now } = options;
    const revocations = new Revocations();
    const tenants = await TenantDirectory.open({ ...options, path, revocations, wallNowMs });
    if (rules === undefined) {
      const callers =
        path === undefined ? undefined : new CallerIdentity({ tenants, tokens: undefined, trustedProxies });
      return new ServerIdentity({ tenants, keys: undefined, callers });
    }
    const keys = await KeySource.start({ location: rules.keys, log, clock });
    const verifier = new TokenVerifier({ ...rules, source: keys, wallNowMs });
    const tokens = new TokenCallers({ ...rules, verifier, tenants, revocations });
    return new ServerIdentity({ tenants, keys, callers: new CallerIdentity({ tenants, tokens, trustedProxies }) });
  }

  /** @throws GenerationError UNAUTHENTICATED, CREDENTIALS_REVOKED, IDENTITY_UNAVAILABLE */
  readonly identify = (credentials: CallCredentials): Caller =>
    this.#callers === undefined ? identifyCaller() : this.#callers.identify(credentials);

  of(tenant: string): TenantPolicy {
    return this.#tenants.of(tenant);
  }

  [Symbol.dispose](): void {
    this.#tenants[Symbol.dispose]();
    this.#keys?.[Symbol.dispose]();
  }
}
