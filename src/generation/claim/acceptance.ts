import { GenerationError } from "../../core/generation-error.js";
import type { GenerationOpening } from "./completed-result.js";

/** What became of a generation that was to be accepted. A refusal is a GenerationError instead. */
export type Acceptance =
  | { readonly type: "accepted"; readonly opening: GenerationOpening }
  /** The session changed while its turn was being opened: the turn has to be opened again. */
  | { readonly type: "overtaken" };

/** The ledger's reason for a generation that was begun for a turn which another call got in front of. No call ends with it. */
export function overtaken(): GenerationError {
  const text = "the session changed while the turn was being opened; another generation makes its answer";
  return new GenerationError("REVISION_MISMATCH", text);
}
