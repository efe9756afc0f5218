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
  const { tenant, subject, credentials = "listed" } = caller;
  switch (cache) {
    case "none":
      return undefined;
    case "private":
      if (input.type === "turn") return JSON.stringify(["session", tenant, input.sessionId]);
      // Callers of a tenant without a subject cannot be told apart.
      if (tenant !== "" && subject === "") return undefined;
      return JSON.stringify(["subject", tenant, credentials, subject]);
    case "tenant":
      return sharedPrefixes === "all" ? "all" : JSON.stringify(["tenant", tenant]);
  }
}
