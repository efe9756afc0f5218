import type { TrimmedContext } from "../command/generation-answer.js";

/** For people: what of its session the model did not see. */
export function trimmedText({ droppedTurns = 0, keptTurns = 0 }: TrimmedContext): string {
  const dropped = droppedTurns === 1 ? "the oldest turn" : `the oldest ${droppedTurns} turns`;
  return `the session is longer than the context: the model does not see ${dropped} of it (it sees ${keptTurns})`;
}
