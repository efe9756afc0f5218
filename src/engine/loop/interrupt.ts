import type { CancelMode } from "../../core/engine-messages.js";

/** What comes to a run from outside: the caller's cancel, or its time limit. */
export type Interrupt = CancelMode | "time_limit";

const RANKS: Readonly<Record<Interrupt, number>> = { end_reasoning: 0, soft: 1, time_limit: 1, immediate: 2 };

/** Whether it takes the place of one that came before it and has not acted yet. */
export function prevails(interrupt: Interrupt, earlier: Interrupt | undefined): boolean {
  return earlier === undefined || RANKS[interrupt] >= RANKS[earlier];
}
