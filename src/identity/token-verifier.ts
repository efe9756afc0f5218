import { createHash } from "node:crypto";
import { createDecoder, createVerifier, TokenError } from "fast-jwt";
import { GenerationError } from "../core/generation-error.js";
import type { IssuerKey, KeySet, TokenAlgorithm } from "./key-set.js";
import { type CredentialProblem, unauthenticated } from "./refusals.js";

/** The longest token that is decoded. Tokens with lists of groups take 4 KiB, and the metadata of a call has 8 KiB by default. */
const MAX_TOKEN_CHARS = 6 * 1024;
/** The number of verified tokens that are remembered, each of them with a hash of 64 characters and its claims. */
const MAX_REMEMBERED = 4_096;
/** The most characters of a token's header that a refusal shows. */
const MAX_SHOWN_CHARS = 32;

/** The claims of a token whose signature and times are good. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** The source of the issuer's keys. */
interface IssuerKeys {
  readonly keys: KeySet | undefined;
  noteUnknownKey(): void;
}

export interface TokenVerifierOptions {
  readonly source: IssuerKeys;
  readonly issuer: string;
  readonly audience: string;
  /** The algorithms that the operator allows. */
  readonly algorithms: readonly TokenAlgorithm[];
  /** The time by which the clocks of the issuer and of this server may differ. */
  readonly clockSkewMs: number;
  /** The time of day in ms. */
  readonly wallNowMs: () => number;
}

interface RememberedToken {
  readonly claims: TokenClaims;
  /** The time from which the token counts as expired. */
  readonly expiresMs: number;
}

type Verify = (token: string) => unknown;

const decode = createDecoder({ complete: true }) as (token: string) => { readonly header: TokenClaims };

/**
 * Verifies JWTs synchronously on the main thread. node:crypto computes a signature there and then, without libuv's thread pool, whose thread a decode step
 * may hold. The claims of a verified token are remembered by the token's hash until it expires, so a caller costs one signature for each token.
 */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #verifiers = new WeakMap<IssuerKey, Map<TokenAlgorithm, Verify>>();
  readonly #remembered = new Map<string, RememberedToken>();
  #rememberedFrom: KeySet | undefined;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /** @throws GenerationError UNAUTHENTICATED, IDENTITY_UNAVAILABLE */
  verify(token: string): TokenClaims {
    if (token.length > MAX_TOKEN_CHARS) {
      const text = `the token has ${token.length} characters; at most ${MAX_TOKEN_CHARS}`;
      throw unauthenticated("token_too_long", text);
    }
    const { keys } = this.#options.source;
    if (keys === undefined) throw keysMissing();
    // A token of a key that the issuer has withdrawn must not live on.
    if (keys !== this.#rememberedFrom) this.#remembered.clear();
    this.#rememberedFrom = keys;
    const hash = createHash("sha256").update(token).digest("base64");
    const known = this.#remembered.get(hash);
    if (known !== undefined && known.expiresMs > this.#options.wallNowMs()) return known.claims;
    const claims = this.#check(token, keys);
    this.#remember(hash, claims);
    return claims;
  }

  #check(token: string, keys: KeySet): TokenClaims {
    const header = decodeHeader(token);
    const { algorithm, key } = this.#choose(header, keys);
    let claims: TokenClaims;
    try {
      claims = this.#verifierOf(key, algorithm)(token) as TokenClaims;
    } catch (error) {
      throw tokenRefusal(error);
    }
    // No extension is known here. Fast-jwt passes over an empty value, which no token may have.
    if (Object.hasOwn(header, "crit"))
      throw unauthenticated("token_claims", "the token's header must have no critical extensions (crit)");
    const { issuer, audience } = this.#options;
    const { iss, aud, exp } = claims;
    if (iss !== issuer) throw unauthenticated("token_issuer", `the token's issuer must be ${issuer}`);
    if (!(Array.isArray(aud) ? aud : [aud]).includes(audience))
      throw unauthenticated("token_audience", `the token's audience must contain ${audience}`);
    if (typeof exp !== "number") throw unauthenticated("token_claims", "the token must have the claim exp");
    return claims;
  }

  /** Chooses the key by the token's `kid` and `alg`. Nothing else of an unverified header is heeded. */
  #choose(
    { alg, kid }: TokenClaims,
    { keys }: KeySet,
  ): { readonly algorithm: TokenAlgorithm; readonly key: IssuerKey } {
    const { algorithms, source } = this.#options;
    const algorithm = algorithms.find((allowed) => allowed === alg);
    if (algorithm === undefined) {
      const text = `the token's algorithm must be one of ${algorithms.join(", ")}`;
      throw unauthenticated("token_algorithm", text);
    }
    const fitting = keys.filter((key) => key.algorithms.includes(algorithm));
    if (kid === undefined) {
      const [key, ...others] = fitting;
      if (key !== undefined && others.length === 0) return { algorithm, key };
      throw unauthenticated("token_key", "the token must name its key by kid, because the issuer has several");
    }
    const key = fitting.find((candidate) => candidate.kid === kid);
    if (key !== undefined) return { algorithm, key };
    if (keys.some((candidate) => candidate.kid === kid))
      throw unauthenticated("token_algorithm", `the token's key is not for the algorithm ${algorithm}`);
    source.noteUnknownKey();
    throw unauthenticated("token_key", `the issuer has no key ${shown(kid)}; a new key is known some seconds later`);
  }

  #verifierOf(key: IssuerKey, algorithm: TokenAlgorithm): Verify {
    const verifiers = this.#verifiers.get(key) ?? new Map<TokenAlgorithm, Verify>();
    this.#verifiers.set(key, verifiers);
    let verify = verifiers.get(algorithm);
    if (verify === undefined) {
      const { clockSkewMs: clockTolerance } = this.#options;
      verify = createVerifier({ key: key.pem, algorithms: [algorithm], clockTolerance, cache: false });
      verifiers.set(algorithm, verify);
    }
    return verify;
  }

  #remember(hash: string, claims: TokenClaims): void {
    const { clockSkewMs } = this.#options;
    this.#remembered.set(hash, { claims, expiresMs: Number(claims.exp) * 1_000 + clockSkewMs });
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

function decodeHeader(token: string): TokenClaims {
  try {
    return decode(token).header;
  } catch (cause) {
    if (!(cause instanceof TokenError)) throw cause;
    throw unauthenticated("malformed", "the token is no JWT of three parts");
  }
}

/** The refusal for what fast-jwt has found. It verifies the signature before the times, so only the bearer of a good token learns of those. */
function tokenRefusal(error: unknown): GenerationError {
  // It writes the time of a token that it refuses, and throws for one that is no date.
  if (error instanceof RangeError) return unauthenticated("token_claims", "a time of the token is beyond all dates");
  if (!(error instanceof TokenError)) return GenerationError.from(error);
  const [problem, text] = FOUND[error.code] ?? ["token_claims", "a claim or a header of the token is not valid"];
  return unauthenticated(problem, text);
}

const BAD_SIGNATURE = ["token_signature", "the token's signature is not of the key that it names"] as const;

const FOUND: Readonly<Record<string, readonly [CredentialProblem, string]>> = {
  [TokenError.codes.expired]: ["token_expired", "the token has expired"],
  [TokenError.codes.inactive]: ["token_not_yet_valid", "the token is not valid yet"],
  [TokenError.codes.malformed]: ["malformed", "the token is no JWT of three parts"],
  [TokenError.codes.missingSignature]: BAD_SIGNATURE,
  [TokenError.codes.invalidSignature]: BAD_SIGNATURE,
  [TokenError.codes.verifyError]: BAD_SIGNATURE,
};

function keysMissing(): GenerationError {
  const text = "the server has not been able to load the keys that verify tokens";
  return new GenerationError("IDENTITY_UNAVAILABLE", text, { retryAfterMs: 5_000 });
}

/** A key id as a refusal shows it: short, and only if it is a text. */
function shown(kid: unknown): string {
  return typeof kid === "string" ? JSON.stringify(kid.slice(0, MAX_SHOWN_CHARS)) : "of that kid";
}
