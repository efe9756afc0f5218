import { createHash } from "node:crypto";
import { type Caller, type Permission, PERMISSIONS } from "../core/calls.js";
import { credentialsRevoked } from "../core/generation-error.js";
import { unauthenticated } from "./refusals.js";
import type { Revocations } from "./revocations.js";
import { type TenantDirectory, tenantName } from "./tenant-directory.js";
import { DEFAULT_PERMISSIONS, isName } from "./tenants-file.js";
import type { TokenClaims, TokenVerifier } from "./token-verifier.js";

const MAX_SUBJECT_CHARS = 128;
/** The hex digits of the SHA-256 that take the place of a longer subject's end, so that two long subjects stay two. */
const DIGEST_CHARS = 64;

export interface TokenCallersOptions {
  readonly verifier: Pick<TokenVerifier, "verify">;
  readonly tenants: Pick<TenantDirectory, "has" | "isDisabled">;
  readonly revocations: Revocations;
  /** The claim with the tenant, a text. */
  readonly tenantClaim: string;
  /** The claim with the permissions: a list of texts, or a text with spaces between them. */
  readonly permissionsClaim: string;
}

/** Makes callers from verified tokens. */
export class TokenCallers {
  readonly #options: TokenCallersOptions;

  constructor(options: TokenCallersOptions) {
    this.#options = options;
  }

  /** @throws GenerationError UNAUTHENTICATED, CREDENTIALS_REVOKED, IDENTITY_UNAVAILABLE */
  identify(token: string): Caller {
    const { verifier, tenants, revocations, tenantClaim, permissionsClaim } = this.#options;
    const claims = verifier.verify(token);
    const tenant = claimOf(claims, tenantClaim);
    if (!isName(tenant)) {
      const text = `the token's claim ${tenantClaim} must name the tenant in 1 to 128 visible ASCII characters`;
      throw unauthenticated("token_claims", text);
    }
    // The bearer has proved who it is, so it may hear that the tenant was closed.
    if (tenants.isDisabled(tenant)) throw credentialsRevoked();
    const isListed = tenants.has(tenant);
    const holds = (): boolean => !tenants.isDisabled(tenant) && (!isListed || tenants.has(tenant));
    return {
      tenant,
      subject: subjectOf(claims),
      credentials: "token",
      permissions: permissionsOf(claimOf(claims, permissionsClaim)),
      revocation: revocations.of({ names: [tenantName(tenant)], holds }),
    };
  }
}

function claimOf(claims: TokenClaims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** The subject of a token, whose end is replaced by a digest of the whole if it is long; "" without one. */
function subjectOf({ sub }: TokenClaims): string {
  if (typeof sub !== "string") return "";
  if (sub.length <= MAX_SUBJECT_CHARS) return sub;
  const digest = createHash("sha256").update(sub).digest("hex");
  return `${sub.slice(0, MAX_SUBJECT_CHARS - DIGEST_CHARS - 1)}#${digest}`;
}

/** Takes the known permissions of the claim, which may be an OAuth scope with other words. A token without the claim has the default permissions. */
function permissionsOf(claim: unknown): ReadonlySet<Permission> {
  if (claim === undefined) return DEFAULT_PERMISSIONS;
  const words: readonly unknown[] = typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [];
  return new Set(PERMISSIONS.filter((permission) => words.includes(permission)));
}
