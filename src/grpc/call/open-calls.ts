import { GenerationError } from "../../core/generation-error.js";
import type { CallScope } from "./call-scope.js";

/** plain: ends by itself. watch: ends only when someone ends it, and so is ended before a drain waits for the rest. */
export type CallKind = "plain" | "watch";

/** The scopes of all calls that are open in the process, so that a drain can end them. */
export class OpenCalls {
  readonly #scopes = new Map<CallScope, CallKind>();
  #watchesEnded = false;

  /** Makes a scope known until it is forgotten. A watch that comes after the watches were ended ends at once. */
  remember(scope: CallScope, kind: CallKind): void {
    this.#scopes.set(scope, kind);
    if (kind === "watch" && this.#watchesEnded) scope.abort(draining());
  }

  forget(scope: CallScope): void {
    this.#scopes.delete(scope);
  }

  endWatches(): void {
    this.#watchesEnded = true;
    for (const [scope, kind] of this.#scopes) if (kind === "watch") scope.abort(draining());
  }

  endAll(reason: GenerationError): void {
    for (const scope of this.#scopes.keys()) scope.abort(reason);
  }
}

function draining(): GenerationError {
  return new GenerationError("DRAINING", "the server is about to stop", { retryAfterMs: 0 });
}
