import type { TurnInput } from "../../core/generation-request.js";
import type { OpenedTurn } from "../../sessions/session-store.js";
import { untilAborted } from "../../sync/abort.js";
import { notingRefusal } from "../call/refusals.js";
import { storedValue } from "../call/store-error.js";
import type { Acceptance, GenerationOpening } from "../claim/completed-result.js";
import type { GenerationCall } from "../claim/generation-call.js";
import type { FirstReading } from "../claim/reading.js";
import { type SettledRun, settleRun, submitRun } from "../claim/submit-generation.js";
import type { FittedConversation } from "./fit-conversation.js";
import { readTurnInput } from "./read-turn-input.js";
import type { TurnRun } from "./turn-run.js";

/** A turn that the store would admit, and the generation that is to run it. */
export interface TurnToAccept {
  readonly input: TurnInput;
  readonly opened: Extract<OpenedTurn, { type: "open" }>;
  readonly run: TurnRun;
  readonly reading: FirstReading;
}

type PreparedTurn = Omit<FittedConversation, "input"> & { readonly settled: SettledRun };

/**
 * Has the generation accepted, and then its messages stored; nothing is answered before both are done. In this order a refusal of the generation leaves
 * nothing in the store, and a refusal of the store only cancels the generation.
 * @throws GenerationError why the turn is refused
 */
export async function acceptTurn(call: GenerationCall, turn: TurnToAccept): Promise<Acceptance> {
  const { generation, signal } = turn.reading;
  const { scheduler } = call.backend;
  const { settled, contextTrimmed } = await notingRefusal(prepareTurn(call, turn), { scheduler, signal });
  const accepted = submitRun(call, generation, settled);
  // A caller that leaves meanwhile is let go; the store's answer is waited for all the same.
  return await untilAborted(admitTurn(call, turn, { accepted, contextTrimmed }), signal);
}

async function prepareTurn(call: GenerationCall, { input, opened, reading }: TurnToAccept): Promise<PreparedTurn> {
  const { signal } = reading;
  const startedMs = call.clock.nowMs();
  // A server that has more to do than it can take must not tokenise what it refuses.
  call.backend.scheduler.checkRoom(call.request.lane);
  const fitted = await readTurnInput(call, { input, history: opened.history, signal });
  const settled = await settleRun(call, { input: fitted.input, startedMs, signal });
  return { settled, contextTrimmed: fitted.contextTrimmed };
}

/** Has the turn's messages stored. The acceptance then tells the turn's place. */
async function admitTurn(call: GenerationCall, turn: TurnToAccept, started: GenerationOpening): Promise<Acceptance> {
  const { input, opened, run, reading } = turn;
  const { generation } = reading;
  const { idempotency } = call.request;
  const { sessionId, messages, continues } = input;
  const admitted = await call.turns.admit(
    {
      owner: call.handle.caller.tenant,
      sessionId,
      revision: opened.session.revision,
      generationId: generation.generationId,
      messages,
      continues,
      idempotency: idempotency && { key: idempotency.key, bodyDigest: idempotency.bodyDigest },
    },
    run,
  );
  if (!admitted.ok) {
    const { type } = admitted.problem;
    return type === "busy" || type === "revision_mismatch" ? { type: "overtaken" } : storedValue(admitted);
  }
  if (admitted.value.type === "repeated") return { type: "overtaken" };
  const { turn: held, revision } = admitted.value;
  const place = { sessionId, number: held.lease.turnNumber, revision };
  const opening: GenerationOpening = { ...started, accepted: { ...started.accepted, turn: place } };
  const repeatable = idempotency && { opening, output: call.request.output, clock: call.clock };
  run.admitted({ held, generation, repeatable });
  return { type: "accepted", opening };
}
