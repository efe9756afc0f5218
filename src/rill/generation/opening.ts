import type { Accepted, ContextTrimmed } from "../../../generated/rill/v1/generation_event.js";
import type { GenerationMessage } from "../response/event-message.js";

/** What every reader of an accepted generation is told first. */
export interface Opening {
  /** Without the delivery, which is each reader's own. */
  readonly accepted: Accepted;
  /** undefined: the model sees all of the input. */
  readonly contextTrimmed?: ContextTrimmed | undefined;
}

export function* openingMessages({ accepted, contextTrimmed }: Opening): Generator<GenerationMessage, void, void> {
  yield { $case: "accepted", value: accepted };
  if (contextTrimmed !== undefined) yield { $case: "contextTrimmed", value: contextTrimmed };
}
