import type { TurnInput } from "../../core/generation-request.js";
import type { TurnWait } from "../../sessions/running-turns.js";
import type { OpenedTurn } from "../../sessions/session-store.js";
import { hasPartialAnswer } from "../../sessions/session.js";
import { untilAborted } from "../../sync/abort.js";
import { notingRefusal, storedValue, storeError } from "../call/refusals.js";
import { requireSameBody } from "../call/request-digest.js";
import { namingTools } from "../call/tool-share.js";
import { beginClaim, findClaim, readClaim } from "../claim/claim-generation.js";
import type { GenerationCall } from "../claim/generation-call.js";
import type { Claim } from "../claim/keyed-generations.js";
import type { Acceptance, FirstReading, GenerationMessages, GenerationOpening } from "../claim/reading.js";
import { type SettledRun, settleRun, submitRun } from "../claim/submit-generation.js";
import type { FittedConversation } from "./fit-conversation.js";
import { readTurnInput } from "./read-turn-input.js";
import { readTurnRecord, requireRecord } from "./turn-record.js";
import { TurnRun } from "./turn-run.js";

type OpenableTurn = Extract<OpenedTurn, { type: "open" }>;

/** A turn that the store would admit, and the generation that is to run it. */
interface TurnToAccept {
  readonly input: TurnInput;
  readonly opened: OpenableTurn;
  readonly run: TurnRun;
  readonly reading: FirstReading;
}

type PreparedTurn = Omit<FittedConversation, "input"> & { readonly settled: SettledRun };

/**
 * Opens the generation that is a turn of a session, if no other call with its key runs. Resolves once it is in the queue or running and its messages are
 * stored, or with undefined if the session changed meanwhile: then the turn has to be opened again.
 * @throws GenerationError why it was refused
 */
export async function openTurn(call: GenerationCall, input: TurnInput): Promise<GenerationMessages | undefined> {
  const { handle, backend, turns, request } = call;
  const { signal } = handle;
  const opening = { signal, waitMs: input.waitsIfBusy ? (request.maxWaitMs ?? Infinity) : 0 };
  using _door = await turns.enter({ owner: handle.caller.tenant, sessionId: input.sessionId }, opening);
  const { scheduler } = backend;
  const opened = await notingRefusal(readStore(call, input, opening), { scheduler, signal });
  if (opened.type === "stored") return await readClaim(call, opened);
  // A repeat may have begun it while this call was at the store.
  const found = findClaim(call);
  if (found !== undefined) return await readClaim(call, found);
  const run = new TurnRun();
  const reading = beginClaim(call, run);
  const acceptance = acceptTurn(call, { input, opened, run, reading });
  reading.shareAcceptance(acceptance);
  return await readClaim(call, { type: "reading", reading, acceptance });
}

/** Reads what the turn builds on, or its result if it has ended. @throws GenerationError why it is refused */
async function readStore(
  call: GenerationCall,
  input: TurnInput,
  opening: TurnWait,
): Promise<OpenableTurn | Extract<Claim, { type: "stored" }>> {
  const { idempotency } = call.request;
  const { sessionId, expectedRevision, messages } = input;
  const owner = call.handle.caller.tenant;
  const request = { owner, sessionId, expectedRevision, messages, idempotencyKey: idempotency?.key };
  const opened = storedValue(await call.turns.open(request, opening));
  if (opened.type === "open") {
    if (input.continues && !hasPartialAnswer(opened.history.at(-1))) throw storeError({ type: "nothing_to_continue" });
    return opened;
  }
  if (idempotency === undefined) throw new Error("a turn without an idempotency key was taken for a repeat");
  requireSameBody(opened, idempotency);
  return { type: "stored", result: readTurnRecord(requireRecord(opened), opened.turn, call.readOldRecord) };
}

/**
 * Has the generation accepted, and then its messages stored; nothing is answered before both are done. In this order a refusal of the generation leaves
 * nothing in the store, and a refusal of the store only cancels the generation.
 * @throws GenerationError why the turn is refused
 */
async function acceptTurn(call: GenerationCall, turn: TurnToAccept): Promise<Acceptance> {
  const { generation, signal } = turn.reading;
  const { backend } = call;
  const { scheduler } = backend;
  const prepared = namingTools(prepareTurn(call, turn), { input: turn.input, backend, signal });
  const { settled, contextTrimmed } = await notingRefusal(prepared, { scheduler, signal });
  const accepted = submitRun(call, generation, settled);
  // A caller that leaves meanwhile is let go; the store's answer is waited for all the same.
  return await untilAborted(admitTurn(call, turn, { accepted, contextTrimmed }), signal);
}

async function prepareTurn(call: GenerationCall, { input, opened, reading }: TurnToAccept): Promise<PreparedTurn> {
  const { signal } = reading;
  const startedMs = call.clock.nowMs();
  // A server that has more to do than it can take must not tokenise what it refuses.
  call.backend.scheduler.checkRoom({ lane: call.request.lane, tenant: call.handle.caller.tenant });
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
