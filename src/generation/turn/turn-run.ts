import type { ToolCall } from "../../core/conversation.js";
import { type ErrorCode, GenerationError } from "../../core/generation-error.js";
import type { FinishedEvent, GenerationWatcher, WatchedEnd } from "../../core/generation-message.js";
import type { OutputOptions } from "../../core/generation-request.js";
import { isJsonObject, tryParseJson } from "../../core/json.js";
import type { Piece, ToolCallFragment } from "../../core/piece.js";
import type { FinishReason } from "../../core/run-end.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import type { GeneratedAnswer, HeldTurn, TurnEnd, TurnSource } from "../../sessions/held-turn.js";
import type { CommittedTurn } from "../../sessions/session-store.js";
import type { StoreResult } from "../../sessions/store-problem.js";
import { untilAborted } from "../../sync/abort.js";
import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import { storedValue } from "../call/refusals.js";
import type { GenerationOpening, StoredTurn } from "../claim/reading.js";
import { toWholeOutput } from "../output/output-events.js";
import { writeTurnRecord } from "./turn-record.js";

const STATUS_OF_FINISH: Readonly<Record<FinishReason, TurnEnd["status"]>> = {
  end_of_turn: "complete",
  stop_sequence: "complete",
  stop_token: "complete",
  max_tokens: "truncated",
  context_length: "truncated",
  time_limit: "truncated",
  tool_calls: "complete",
  constraint_complete: "complete",
  repetition: "truncated",
  cancelled_softly: "cancelled",
};

/** The codes by which a caller ends an answer: it left, or it called CancelGeneration. */
const CANCELS: ReadonlySet<ErrorCode> = new Set(["CANCELLED", "CANCELLED_BY_REQUEST"]);

/** A turn that the store has admitted. */
interface TurnAdmission {
  readonly held: HeldTurn;
  readonly generation: Generation;
  /** The facts for a repeat's answer, beside the output; undefined: the turn has no key, so it can't be repeated. */
  readonly repeatable:
    { readonly opening: GenerationOpening; readonly output: OutputOptions; readonly clock: Clock } | undefined;
}

/**
 * A turn of a session as it runs: gathers what the generation writes, whether its reader takes it or not, and has its end stored as soon as it is known.
 * The generation may end before the store has admitted the turn; then its end is stored afterwards.
 */
export class TurnRun implements GenerationWatcher, TurnSource, StoredTurn {
  readonly #stored = new Deferred<StoreResult<CommittedTurn>>();
  readonly #fold = new AnswerFold();
  #end: WatchedEnd | undefined;
  #admission: TurnAdmission | undefined;

  get generated(): GeneratedAnswer {
    return this.#fold.generated;
  }

  get ending(): boolean {
    return this.#end !== undefined || this.#admission?.generation.error !== undefined;
  }

  wrote(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#fold.add(piece);
  }

  ended(end: WatchedEnd): void {
    this.#end = end;
    this.#storeEnd();
  }

  admitted(admission: TurnAdmission): void {
    this.#admission = admission;
    this.#storeEnd();
  }

  lost(): void {
    const text = "the server was out of touch for too long: the session went on without this turn";
    this.#admission?.generation.fail(new GenerationError("LEASE_LOST", text));
  }

  async stored(signal: AbortSignal): Promise<number> {
    return storedValue(await untilAborted(this.#stored.promise, signal)).revision;
  }

  #storeEnd(): void {
    if (this.#admission === undefined || this.#end === undefined) return;
    const { held } = this.#admission;
    const { generated } = this;
    const record = this.#end.type === "finished" ? toRecord(this.#admission, this.#end, generated.answer) : undefined;
    void held.stored.then(this.#stored.resolve);
    void held.end({ ...toTurnEnd(this.#end), ...generated, record });
  }
}

function toRecord({ generation, repeatable }: TurnAdmission, end: FinishedEvent, answer: string): string | undefined {
  if (repeatable === undefined) return undefined;
  const { opening, output, clock } = repeatable;
  const pieces = generation.output();
  const elapsedMs = clock.nowMs() - generation.openedAtMs;
  return writeTurnRecord(opening, {
    end,
    answer,
    output: pieces && toWholeOutput(pieces, { output, elapsedMs, usage: end.usage }),
  });
}

function toTurnEnd(end: WatchedEnd): Pick<TurnEnd, "status" | "outcome"> {
  const { usage } = end;
  if (end.type === "finished") {
    const outcome = { finishReason: end.reason, error: undefined, usage };
    return { status: STATUS_OF_FINISH[end.reason], outcome };
  }
  const { code } = end.error;
  const outcome = { finishReason: undefined, error: code, usage };
  return { status: CANCELS.has(code) ? "cancelled" : "failed", outcome };
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  arguments: string;
}

/** Puts a generation's output together as its turn stores it: the answer's text, the reasoning, and every whole call. */
class AnswerFold {
  #text = "";
  #reasoning = "";
  /** The whole ones of the calls before the last one, which have ended. */
  readonly #whole: ToolCall[] = [];
  #last: OpenCall | undefined;

  get generated(): GeneratedAnswer {
    const toolCalls = [...this.#whole, ...wholeOnly(this.#last)];
    return {
      answer: this.#text,
      ...(this.#reasoning === "" ? {} : { reasoning: this.#reasoning }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    };
  }

  add({ text, channel, call }: Piece): void {
    if (call !== undefined) this.#addCall(call);
    else if (channel === "reasoning") this.#reasoning += text;
    else this.#text += text;
  }

  #addCall({ head, arguments: fragment }: ToolCallFragment): void {
    if (head !== undefined) {
      this.#whole.push(...wholeOnly(this.#last));
      this.#last = { id: head.id, name: head.name, arguments: fragment };
    } else if (this.#last !== undefined) {
      this.#last.arguments += fragment;
    }
  }
}

/** Leaves out a call whose arguments were cut off, because nobody could answer it. */
function wholeOnly(call: OpenCall | undefined): ToolCall[] {
  return call !== undefined && isJsonObject(tryParseJson(call.arguments)) ? [{ ...call }] : [];
}
