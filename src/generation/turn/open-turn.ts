import type { TurnInput } from "../../core/generation-request.js";
import { hasPartialAnswer } from "../../sessions/session.js";
import type { TurnWait } from "../../sessions/running-turns.js";
import type { OpenedTurn } from "../../sessions/session-store.js";
import { notingRefusal } from "../call/refusals.js";
import { requireSameBody } from "../call/request-digest.js";
import { storedValue, storeError } from "../call/store-error.js";
import { beginClaim, findClaim, readClaim } from "../claim/claim-generation.js";
import type { GenerationCall } from "../claim/generation-call.js";
import type { Claim } from "../claim/keyed-generations.js";
import type { GenerationMessages } from "../claim/reader-message.js";
import { acceptTurn } from "./accept-turn.js";
import { readTurnRecord, requireRecord } from "./turn-record.js";
import { TurnRun } from "./turn-run.js";

type OpenableTurn = Extract<OpenedTurn, { type: "open" }>;

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
  const { sessionId, expectedRevision } = input;
  const owner = call.handle.caller.tenant;
  const request = { owner, sessionId, expectedRevision, idempotencyKey: idempotency?.key };
  const opened = storedValue(await call.turns.open(request, opening));
  if (opened.type === "open") {
    if (input.continues && !hasPartialAnswer(opened.history.at(-1))) throw storeError({ type: "nothing_to_continue" });
    return opened;
  }
  if (idempotency === undefined) throw new Error("a turn without an idempotency key was taken for a repeat");
  requireSameBody(opened, idempotency);
  return { type: "stored", result: readTurnRecord(requireRecord(opened), opened.turn, call.readOldRecord) };
}
