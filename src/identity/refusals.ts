import { GenerationError } from "../core/generation-error.js";

/** The faults of credentials that a caller is told. They name what is public or signed, and nothing of what the server knows. */
export type CredentialProblem =
  | "missing"
  | "malformed"
  | "unknown"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_issuer"
  | "token_audience"
  | "token_algorithm"
  | "token_key"
  | "token_signature"
  | "token_claims"
  | "token_too_long";

/** The error of a call whose caller is unknown. */
export function unauthenticated(problem: CredentialProblem, text: string): GenerationError {
  return new GenerationError("UNAUTHENTICATED", text, { facts: { problem, scheme: "Bearer" } });
}

/**
 * The one error for credentials that the server does not know: a mistyped key, a removed key, a key of a removed or disabled tenant, and a certificate
 * that no tenant lists.
 */
export function unknownCredentials(): GenerationError {
  return unauthenticated("unknown", "the server does not know these credentials, or they have expired");
}
