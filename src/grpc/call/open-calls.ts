import { GenerationError } from "../../core/generation-error.js";
import type { CallScope } from "./call-scope.js";

/** A plain call ends by itself. A watch ends only when someone ends it, so a drain ends it before it waits for the others. */
export type CallKind = "plain" | "watch";

/** The scopes of all open calls in the process, so that a drain can end them. */
export class OpenCalls {
  readonly #scopes = new Map<CallScope, CallKind>();
  #watchesEnded = false;

  /** Adds a scope until it is disposed. A watch that is added after the watches were ended ends at once. */
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
