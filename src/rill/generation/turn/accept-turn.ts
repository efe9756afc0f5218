import type { ContextTrimmed } from "../../../../generated/rill/v1/generation_event.js";
import type { FinishedEvent } from "../../../core/generation-event.js";
import type { TurnInput } from "../../../core/generation-request.js";
import type { Generation } from "../../../scheduler/generation/generation.js";
import type { OpenedTurn } from "../../../sessions/session-store.js";
import { untilAborted } from "../../../sync/until-aborted.js";
import type { GenerationCall } from "../generation-call.js";
import type { Opening } from "../opening.js";
import { submitGeneration } from "../submit-generation.js";
import type { OutputMessage } from "../../response/output-message.js";
import { toWholeOutput } from "../../response/whole-output.js";
import { storedValue } from "../../../generation/store-error.js";
import { readTurnInput } from "./read-turn-input.js";
import { TurnOvertaken } from "./turn-overtaken.js";
import { writeTurnRecord } from "./turn-record.js";
import type { TurnRun } from "./turn-run.js";

/** A turn that the store would admit, and what is to run it. */
export interface TurnToAccept {
  readonly owner: string;
  readonly input: TurnInput;
  readonly opened: Extract<OpenedTurn, { type: "open" }>;
  readonly run: TurnRun;
  readonly generation: Generation;
  /** The generation's. */
  readonly signal: AbortSignal;
}

/**
 * Has the generation accepted, and its messages stored; before both are done nothing is answered. They come in this order because a refusal of the
 * generation leaves nothing in the store then, while the store's is but a cancel for the generation.
 * @throws TurnOvertaken where the session has changed since it was opened; GenerationError why the turn is refused
 */
export async function acceptTurn(call: GenerationCall, turn: TurnToAccept): Promise<Opening> {
  const { input, opened, generation, signal } = turn;
  let contextTrimmed: ContextTrimmed | undefined;
  const accepted = await submitGeneration(call, {
    generation,
    signal,
    readInput: async () => {
      const fitted = await readTurnInput(call, { input, history: opened.history, signal });
      contextTrimmed = fitted.contextTrimmed;
      return fitted.input;
    },
  });
  // Who leaves meanwhile is let go; the store's answer is waited for all the same.
  return await untilAborted(admitTurn(call, turn, { accepted, contextTrimmed }), signal);
}

/** @returns what was accepted, with the turn's place */
async function admitTurn(call: GenerationCall, turn: TurnToAccept, started: Opening): Promise<Opening> {
  const { owner, input, opened, run, generation } = turn;
  const { idempotency } = call.request;
  const { sessionId, messages, continues } = input;
  const { revision: openedRevision } = opened.session;
  const { generationId } = generation;
  const request = { owner, sessionId, revision: openedRevision, generationId, messages, continues, idempotency };
  const admitted = await call.turns.admit(request, run);
  if (!admitted.ok) {
    const { type } = admitted.problem;
    if (type === "busy" || type === "revision_mismatch") throw new TurnOvertaken();
    return storedValue(admitted);
  }
  if (admitted.value.type === "repeated") throw new TurnOvertaken();
  const { turn: held, revision } = admitted.value;
  const place = { sessionId, number: held.lease.turnNumber, revision };
  const opening: Opening = { ...started, accepted: { ...started.accepted, turn: place } };
  const toRecord = (end: FinishedEvent, text: string): string | undefined =>
    idempotency === undefined
      ? undefined
      : writeTurnRecord(opening, { end, text, output: outputOf(call, generation, end) });
  run.admitted(held, { generation, toRecord });
  return opening;
}

/** All of the output; undefined: it was more than is kept. */
function outputOf(
  { request, clock }: GenerationCall,
  generation: Generation,
  { usage }: FinishedEvent,
): readonly OutputMessage[] | undefined {
  const pieces = generation.output();
  const elapsedMs = clock.nowMs() - generation.openedAtMs;
  return pieces && toWholeOutput(pieces, { output: request.output, elapsedMs, usage });
}
