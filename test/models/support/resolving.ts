import type { PullEvent } from "../../../src/models/download/pull-event.js";
import { type ResolvedModel, resolveModel } from "../../../src/models/resolve-model.js";
import type { ResolveModelOptions } from "../../../src/models/resolve-options.js";

/** Nobody listens on that port: a connection is refused at once. */
export const CLOSED_ORIGIN = "http://127.0.0.1:2";

export interface Resolving {
  readonly result: Promise<ResolvedModel>;
  readonly events: PullEvent[];
}

/** Starts to resolve a model from the named sources alone, and records the events. */
export function startResolving(
  spec: string,
  options: Partial<ResolveModelOptions> & Pick<ResolveModelOptions, "cacheDir">,
): Resolving {
  const events: PullEvent[] = [];
  const result = resolveModel(spec, {
    signal: new AbortController().signal,
    hubOrigin: CLOSED_ORIGIN,
    pythonCommands: [],
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return { result, events };
}

/** The kinds of the events without repetitions side by side. */
export function kindsOf(events: readonly PullEvent[]): string[] {
  return events.map(({ kind }) => kind).filter((kind, index, kinds) => kind !== kinds[index - 1]);
}
