import type { Credit } from "../core/credit.js";
import type { PrefillProgress, RunSpec, RunUpdate } from "../core/engine-wall.js";
import type { FinishReason, StopMatch } from "../core/finish-reason.js";
import type { Piece } from "../core/piece.js";
import type { RunOutcome } from "../core/run-end.js";
import type { TokenScore } from "../core/token-score.js";
import type { Clock } from "../sync/clock.js";
import type { Decoder, Engine } from "./engine.js";
import { ownBytes } from "./own-bytes.js";
import { PieceBuilder } from "./piece-builder.js";
import { RepetitionWatch } from "./repetition-watch.js";
import { RunProgress, type RunState } from "./run-state.js";
import type { SequenceLease } from "./sequence-pool.js";

/** One admitted generation inside the engine: its prompt, its decoder, what it may still post and where its time went. Owned by the step loop. */
export class Run {
  readonly spec: RunSpec;
  readonly #engine: Engine;
  readonly #progress: RunProgress;
  readonly #pieces: PieceBuilder;
  readonly #repetition: RepetitionWatch | undefined;
  #lease: SequenceLease | undefined;
  #decoder: Decoder | undefined;
  #readTokens = 0;
  #outputTokens = 0;
  #creditPieces: number;
  #creditBytes: number;
  #newPieces: Piece[] = [];
  #newPrefill: PrefillProgress | undefined;

  constructor(parts: { spec: RunSpec; credit: Credit; engine: Engine; clock: Clock }) {
    this.spec = parts.spec;
    this.#engine = parts.engine;
    this.#progress = new RunProgress(parts.clock);
    this.#pieces = new PieceBuilder(parts.spec.stopping.stopSequences, parts.spec.output);
    const { repetitionGuard } = parts.spec.stopping;
    this.#repetition = repetitionGuard === undefined ? undefined : new RepetitionWatch(repetitionGuard);
    this.#creditPieces = parts.credit.pieces;
    this.#creditBytes = parts.credit.bytes;
  }

  get state(): RunState {
    return this.#progress.state;
  }

  /** Whether it may still post a piece. */
  get hasCredit(): boolean {
    return this.#creditPieces > 0 && this.#creditBytes > 0;
  }

  /** Tokens of the prompt that are in the sequence: where the next one goes. */
  get position(): number {
    return this.#readTokens;
  }

  get unreadTokens(): number {
    return this.spec.inputTokens.length - this.#readTokens;
  }

  /** Gets its sequence, which already holds the beginning of the prompt. */
  receive(lease: SequenceLease): void {
    this.#lease = lease;
    this.#readTokens = lease.reusedTokens;
  }

  grant(credit: Credit): void {
    this.#creditPieces += credit.pieces;
    this.#creditBytes += credit.bytes;
    if (this.state.type === "parked" && this.hasCredit) this.#progress.enter({ type: "running" });
  }

  /** The next `count` tokens of the prompt, and where they go. */
  chunk(count: number): { sequence: SequenceLease["sequence"]; tokenIds: Uint32Array } {
    const { sequence } = this.#held();
    return { sequence, tokenIds: this.spec.inputTokens.subarray(this.#readTokens, this.#readTokens + count) };
  }

  /** The prefill of the next `count` tokens is done. */
  read(count: number): void {
    this.#readTokens += count;
    this.#newPrefill = {
      doneTokens: this.#readTokens,
      totalTokens: this.spec.inputTokens.length,
      reusedTokens: this.#held().reusedTokens,
    };
  }

  /** What a step pulls to get the next token. The first time it takes in all that is unread of the prompt. */
  decoder(): Decoder {
    const { sampling, output } = this.spec;
    const { logprobs } = output;
    this.#decoder ??= this.#engine.openDecoder({
      ...this.chunk(this.unreadTokens),
      outputTokens: [],
      sampling,
      logprobs,
    });
    return this.#decoder;
  }

  /** Nothing but its last token is unread, and there is no credit for what would come of it. */
  park(): void {
    this.#progress.enter({ type: "parked" });
  }

  /** Takes in the token that a step pulled: makes pieces of it, spends credit, ends the run or parks it. */
  accept(tokenId: number): void {
    if (this.unreadTokens > 0) this.read(this.unreadTokens);
    if (this.state.type === "prefilling") this.#progress.enter({ type: "running" });
    const { stopping } = this.spec;
    if (stopping.stopTokenIds.includes(tokenId)) {
      this.finish("stop_token", { type: "token", tokenId });
      return;
    }
    if (!stopping.ignoreEndOfGeneration && this.#engine.isEndOfGeneration(tokenId)) {
      this.finish("end_of_turn");
      return;
    }
    this.#outputTokens++;
    this.#pieces.push(tokenId, this.#engine.tokenBytes(tokenId), this.#score());
    const repeats = this.#repetition?.push(tokenId) ?? false;
    if (this.#pieces.match !== undefined) {
      this.finish("stop_sequence", { type: "sequence", text: this.#pieces.match });
    } else if (repeats) {
      this.finish("repetition");
    } else if (this.#outputTokens >= stopping.maxOutputTokens) {
      this.finish(stopping.clampedByContext ? "context_length" : "max_tokens");
    } else if (this.spec.inputTokens.length + this.#outputTokens >= this.#engine.facts.contextTokens) {
      this.finish("context_length");
    } else {
      this.#post(this.#pieces.take());
      if (!this.hasCredit) this.#progress.enter({ type: "parked" });
    }
  }

  /** Ends it properly: what text was held back goes out, whatever the credit. */
  finish(reason: FinishReason, stopMatch?: StopMatch): void {
    const { piece, incompleteText } = this.#pieces.end();
    this.#post(piece);
    this.#end({ type: "finished", reason, stopMatch, incompleteText });
  }

  /** Ends it at once; text held back is lost. */
  cancel(): void {
    this.#end({ type: "cancelled" });
  }

  /** @param message for the log */
  fail(message: string): void {
    this.#end({ type: "failed", message });
  }

  /** What became of it since the last time. */
  takeUpdate(): RunUpdate {
    const update = {
      runId: this.spec.runId,
      prefill: this.#newPrefill,
      pieces: this.#newPieces,
      decodedTokens: this.#outputTokens,
      parked: this.state.type === "parked",
      end: this.state.type === "ended" ? this.state.end : undefined,
    };
    this.#newPieces = [];
    this.#newPrefill = undefined;
    return update;
  }

  /** Of the token pulled last. */
  #score(): TokenScore | undefined {
    const score = this.#decoder?.score;
    if (score === undefined || !this.spec.output.tokenBytes) return score;
    const top = score.top.map((token) => ({ ...token, tokenBytes: ownBytes(this.#engine.tokenBytes(token.tokenId)) }));
    return { ...score, top };
  }

  #post(piece: Piece | undefined): void {
    if (piece === undefined) return;
    this.#newPieces.push(piece);
    this.#creditPieces--;
    this.#creditBytes -= piece.textBytes;
  }

  #end(outcome: RunOutcome): void {
    const spentMs = this.#progress.spent();
    const tally = {
      reusedInputTokens: this.#lease?.reusedTokens ?? 0,
      outputTokens: this.#outputTokens,
      prefillMs: spentMs.prefilling,
      decodeMs: spentMs.running,
      parkedMs: spentMs.parked,
    };
    this.#progress.enter({ type: "ended", end: { outcome, tally } });
    // The decoder first: whoever gets the sequence next must find it at rest.
    this.#decoder?.close();
    this.#lease?.[Symbol.dispose]();
  }

  #held(): SequenceLease {
    if (this.#lease === undefined) throw new Error("the run has no sequence yet");
    return this.#lease;
  }
}
