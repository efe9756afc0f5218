import { GenerationError } from "../../core/generation-error.js";
import type { Scheduler } from "../../scheduler/scheduler.js";

/**
 * Does what may refuse a call before the scheduler is asked, and has a refusal counted there, beside its own. A caller that left was not refused.
 * @throws GenerationError what `work` threw
 */
export async function notingRefusals<Result>(
  { scheduler, signal }: { readonly scheduler: Pick<Scheduler, "noteRefusal">; readonly signal: AbortSignal },
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    const error = GenerationError.from(thrown);
    if (!signal.aborted) scheduler.noteRefusal(error);
    throw error;
  }
}
