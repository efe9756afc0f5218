import { GenerationError } from "../../core/generation-error.js";
import type { Scheduler } from "../../scheduler/scheduler.js";

/**
 * The error to throw for what refused a call before the scheduler was asked; has it counted there, beside the scheduler's own refusals. A caller that
 * left was not refused.
 */
export function notedRefusal(
  thrown: unknown,
  { scheduler, signal }: { readonly scheduler: Pick<Scheduler, "noteRefusal">; readonly signal: AbortSignal },
): GenerationError {
  const error = GenerationError.from(thrown);
  if (!signal.aborted) scheduler.noteRefusal(error);
  return error;
}
