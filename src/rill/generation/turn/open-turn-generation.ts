import type { TurnInput } from "../../../core/generation-request.js";
import { hasPartialAnswer } from "../../../sessions/partial-answer.js";
import type { OpenedTurn } from "../../../sessions/session-store.js";
import type { Messages } from "../../../grpc/call/stream-method.js";
import { beginClaim, findClaim } from "../claim-generation.js";
import type { GenerationCall } from "../generation-call.js";
import type { Claim } from "../keyed-generations.js";
import { notedRefusal } from "../noted-refusal.js";
import { readClaim } from "../read-claim.js";
import type { GenerationMessage } from "../../response/event-message.js";
import { OWNER } from "../../../identity/owner.js";
import { storedValue, storeError } from "../../../generation/store-error.js";
import { acceptTurn } from "./accept-turn.js";
import { resultOfRepeated } from "./repeated-turn.js";
import { TurnOvertaken } from "./turn-overtaken.js";
import { TurnRun } from "./turn-run.js";

/**
 * Opens the generation that is a turn of a session. Resolves once it is in line or running and its messages are stored.
 * @throws GenerationError why it was refused
 */
export async function openTurnGeneration(call: GenerationCall, input: TurnInput): Promise<Messages<GenerationMessage>> {
  for (;;) {
    try {
      const running = findClaim(call);
      if (running !== undefined) return await readClaim(call, running);
      return await openBehindDoor(call, input);
    } catch (thrown) {
      // Each time another call has got on, so this comes to an end.
      if (!(thrown instanceof TurnOvertaken)) throw thrown;
    }
  }
}

async function openBehindDoor(call: GenerationCall, input: TurnInput): Promise<Messages<GenerationMessage>> {
  const { signal } = call.context;
  const { waitsIfBusy, sessionId } = input;
  const opening = { signal, waitMs: waitsIfBusy ? (call.request.maxWaitMs ?? Infinity) : 0 };
  using _door = await call.turns.enter({ owner: OWNER, sessionId }, opening);
  return await readClaim(call, await claimTurn(call, input, opening));
}

async function claimTurn(
  call: GenerationCall,
  input: TurnInput,
  opening: { signal: AbortSignal; waitMs: number },
): Promise<Claim> {
  const { idempotency } = call.request;
  const { sessionId, expectedRevision } = input;
  const request = { owner: OWNER, sessionId, expectedRevision, idempotencyKey: idempotency?.key };
  let opened: OpenedTurn;
  try {
    opened = storedValue(await call.turns.open(request, opening));
    if (opened.type === "open" && input.continues) requirePartialAnswer(opened);
    if (opened.type === "repeated" && idempotency !== undefined) {
      return { type: "stored", result: resultOfRepeated(opened, idempotency) };
    }
  } catch (thrown) {
    throw notedRefusal(thrown, { scheduler: call.backend.scheduler, signal: opening.signal });
  }
  // A repeat may have begun it while this call was at the store.
  const running = findClaim(call);
  if (running !== undefined) return running;
  return beginTurn(call, input, opened);
}

function beginTurn(call: GenerationCall, input: TurnInput, opened: OpenedTurn): Claim {
  if (opened.type === "repeated") throw new Error("a turn without an idempotency key was taken for a repeat");
  const run = new TurnRun();
  return beginClaim(call, {
    turn: run,
    accept: (generation, signal) => acceptTurn(call, { owner: OWNER, input, opened, run, generation, signal }),
  });
}

function requirePartialAnswer({ history }: Extract<OpenedTurn, { type: "open" }>): void {
  if (!hasPartialAnswer(history.at(-1))) throw storeError({ type: "nothing_to_continue" });
}
