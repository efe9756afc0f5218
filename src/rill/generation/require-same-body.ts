import { GenerationError } from "../../core/generation-error.js";

/** @throws GenerationError IDEMPOTENCY_KEY_REUSED where the first call with the key said something else */
export function requireSameBody(first: { readonly bodyDigest: string }, bodyDigest: string): void {
  if (first.bodyDigest === bodyDigest) return;
  const text = "this idempotency key was used with another request";
  throw new GenerationError("IDEMPOTENCY_KEY_REUSED", text);
}
