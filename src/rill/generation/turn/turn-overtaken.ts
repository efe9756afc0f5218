import { GenerationError } from "../../../core/generation-error.js";

/**
 * The session has changed between the opening of a turn and its admission, so the turn is opened again. The call never ends with it; the ledger tells it
 * of the generation that was begun too early.
 */
export class TurnOvertaken extends GenerationError {
  constructor() {
    super(
      "REVISION_MISMATCH",
      "the session changed while the turn was being opened; another generation makes its answer",
    );
  }
}
