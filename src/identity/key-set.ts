import { createPublicKey, type KeyObject } from "node:crypto";

/** The algorithms of tokens that the server can verify. Each takes a public key: neither `none` nor HMAC is among them. */
export const TOKEN_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** Enough for an issuer that rotates daily, and few enough that building them takes the main thread some ms. */
const MAX_KEYS = 100;
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;
const MAX_KID_CHARS = 256;

/** A public key of the issuer. */
export interface IssuerKey {
  /** The key id, or undefined if the key has none. */
  readonly kid: string | undefined;
  /** The algorithms that the key may verify. */
  readonly algorithms: readonly TokenAlgorithm[];
  /** The key as PEM of a SubjectPublicKeyInfo. */
  readonly pem: string;
}

/** The keys of an issuer, as one reading of its JWKS gave them. */
export interface KeySet {
  readonly keys: readonly IssuerKey[];
  /** The entries that cannot verify tokens: encryption keys, secrets, and unknown or weak ones. */
  readonly ignored: number;
}

/**
 * Parses a JWKS (RFC 7517). Entries that cannot verify tokens are ignored, because issuers publish keys of other kinds beside them.
 * @throws Error if the text is no JWKS, has over 100 keys, has two keys of one id, or has no usable key
 */
export function parseKeySet(text: string): KeySet {
  const parsed = parseJson(text);
  const list: unknown = typeof parsed === "object" && parsed !== null && "keys" in parsed ? parsed.keys : undefined;
  if (!Array.isArray(list)) throw new Error("it is no JWKS: it needs a list named keys");
  if (list.length > MAX_KEYS) throw new Error(`it has ${list.length} keys; at most ${MAX_KEYS}`);
  const keys = list.flatMap((entry: unknown) => readKey(entry) ?? []);
  const ids = keys.flatMap(({ kid }) => kid ?? []);
  if (new Set(ids).size < ids.length) throw new Error("two of its keys have the same kid");
  if (keys.length === 0) throw new Error("none of its keys can verify tokens");
  return { keys, ignored: list.length - keys.length };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's message quotes the text.
    throw new Error("it is no JSON", { cause });
  }
}

function readKey(entry: unknown): IssuerKey | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const jwk = entry as Readonly<Record<string, unknown>>;
  const { kty, use, kid, alg, key_ops: operations } = jwk;
  const isForSigning = use === undefined || use === "sig";
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes("verify"));
  const hasKid = kid === undefined || (typeof kid === "string" && kid.length <= MAX_KID_CHARS);
  if (!isForSigning || !mayVerify || !hasKid || kty === "oct") return undefined;
  const key = toPublicKey(jwk);
  if (key === undefined) return undefined;
  const possible = algorithmsOf(key);
  const algorithms = alg === undefined ? possible : possible.filter((algorithm) => algorithm === alg);
  if (algorithms.length === 0) return undefined;
  return { kid, algorithms, pem: key.export({ type: "spki", format: "pem" }).toString() };
}

/** Takes the public part alone, so that a private key that an issuer publishes by mistake stays out of memory. */
function toPublicKey({ kty, n, e, crv, x, y }: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const fields = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => typeof value === "string");
  try {
    return createPublicKey({ key: Object.fromEntries(fields) as Record<string, string>, format: "jwk" });
  } catch {
    // Node refuses keys of unknown types and with broken numbers, and such an entry is ignored.
    return undefined;
  }
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): readonly TokenAlgorithm[] {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails;
  switch (asymmetricKeyType) {
    case "rsa":
      if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) return [];
      return TOKEN_ALGORITHMS.filter((algorithm) => /^[RP]S/.test(algorithm));
    case "ec":
      return CURVES.flatMap(([curve, algorithm]) => (curve === namedCurve ? [algorithm] : []));
    case "ed25519":
      return ["EdDSA"];
    default:
      return [];
  }
}

const CURVES: readonly (readonly [string, TokenAlgorithm])[] = [
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
];
