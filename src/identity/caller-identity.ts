import { createHash } from "node:crypto";
import type { CallCredentials, Caller, ClientCertificate } from "../core/calls.js";
import { parseForwardedCertificate } from "./forwarded-certificate.js";
import { unauthenticated, unknownCredentials } from "./refusals.js";
import type { TenantDirectory } from "./tenant-directory.js";
import type { TokenCallers } from "./token-callers.js";

const BEARER_PATTERN = /^Bearer +([\x21-\x7e]+)$/i;

export interface CallerIdentityOptions {
  /** The tenants with their keys and certificates. */
  readonly tenants: TenantDirectory;
  /** The callers with a JWT, or undefined if the server takes none. */
  readonly tokens: TokenCallers | undefined;
  /** The URIs and DNS names of the proxies whose `x-forwarded-client-cert` counts. */
  readonly trustedProxies: readonly string[];
}

/**
 * The one place that makes a Caller from the credentials of a call, synchronously and on the main thread. A bearer comes before a certificate, and a bad
 * bearer is refused even if the certificate is good.
 */
export class CallerIdentity {
  readonly #tenants: TenantDirectory;
  readonly #tokens: TokenCallers | undefined;
  readonly #trustedProxies: ReadonlySet<string>;

  constructor({ tenants, tokens, trustedProxies }: CallerIdentityOptions) {
    this.#tenants = tenants;
    this.#tokens = tokens;
    this.#trustedProxies = new Set(trustedProxies);
  }

  /** @throws GenerationError UNAUTHENTICATED, CREDENTIALS_REVOKED, IDENTITY_UNAVAILABLE */
  identify({ authorization, certificate, forwardedCertificate }: CallCredentials): Caller {
    if (authorization !== undefined) return this.#identifyBearer(authorization);
    if (certificate !== undefined) {
      const forwarded = this.#isTrustedProxy(certificate) ? forwardedCertificate : undefined;
      return this.#identifyCertificate(forwarded === undefined ? certificate : requireForwarded(forwarded));
    }
    throw unauthenticated(
      "missing",
      "the call has no credentials: send the metadata authorization with Bearer and a key or a token",
    );
  }

  #identifyBearer(authorization: string): Caller {
    const [, secret] = BEARER_PATTERN.exec(authorization) ?? [];
    if (secret === undefined)
      throw unauthenticated("malformed", "the metadata authorization must be Bearer, a space and a key or a token");
    const known = this.#tenants.callerOfKey(hashKey(secret));
    if (known !== undefined) return known;
    // A key has no dots, and a token has two.
    if (this.#tokens !== undefined && secret.includes(".")) return this.#tokens.identify(secret);
    throw unknownCredentials();
  }

  #identifyCertificate({ subject, uris }: Pick<ClientCertificate, "subject" | "uris">): Caller {
    const caller = this.#tenants.callerOfCertificate({ subject, uris });
    if (caller === undefined) throw unknownCredentials();
    return caller;
  }

  #isTrustedProxy({ uris, dnsNames }: ClientCertificate): boolean {
    return [...uris, ...dnsNames].some((name) => this.#trustedProxies.has(name));
  }
}

/** The SHA-256 of a key, as the tenants file has it. */
function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function requireForwarded(header: string): Pick<ClientCertificate, "subject" | "uris"> {
  const forwarded = parseForwardedCertificate(header);
  if (forwarded === undefined)
    throw unauthenticated("malformed", "the metadata x-forwarded-client-cert of the proxy cannot be read");
  return forwarded;
}
