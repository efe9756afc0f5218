import type { Caller } from "../../core/calls.js";
import type { GenerationRequest } from "../../core/generation-request.js";

/** The most callers that share cached prompt state: those of a tenant, or those of all tenants. */
export type SharedPrefixes = "tenant" | "all";

/**
 * Returns the scope in which a call reuses cached prompt state and leaves its own. Scopes are compared as a whole, and the first word keeps their kinds
 * apart. undefined: the call shares with no other.
 */
export function cacheScopeOf(
  { cache = "tenant", input }: Pick<GenerationRequest, "cache" | "input">,
  { caller, sharedPrefixes }: { readonly caller: Caller; readonly sharedPrefixes: SharedPrefixes },
): string | undefined {
  const { tenant, subject } = caller;
  switch (cache) {
    case "none":
      return undefined;
    case "private":
      return input.type === "turn"
        ? JSON.stringify(["session", tenant, input.sessionId])
        : JSON.stringify(["subject", tenant, subject]);
    case "tenant":
      return sharedPrefixes === "all" ? "all" : JSON.stringify(["tenant", tenant]);
  }
}
