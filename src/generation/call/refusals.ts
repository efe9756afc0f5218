import { GenerationError } from "../../core/generation-error.js";
import type { Scheduler } from "../../scheduler/scheduler.js";

interface RefusedCall {
  readonly scheduler: Pick<Scheduler, "noteRefusal">;
  readonly signal: AbortSignal;
}

/** The error with which a call is refused before the scheduler was asked. It is counted beside the scheduler's own refusals, unless the caller has left. */
export function notedRefusal(thrown: unknown, { scheduler, signal }: RefusedCall): GenerationError {
  const error = GenerationError.from(thrown);
  if (!signal.aborted) scheduler.noteRefusal(error);
  return error;
}

/** Waits for the result, and counts the refusal where there is none. @throws GenerationError */
export async function notingRefusal<Result>(result: Promise<Result>, call: RefusedCall): Promise<Result> {
  try {
    return await result;
  } catch (thrown) {
    throw notedRefusal(thrown, call);
  }
}
