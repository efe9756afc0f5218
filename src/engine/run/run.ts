import type { Credit } from "../../core/credit.js";
import type { PrefillProgress, RunSpec, RunUpdate } from "../../core/engine-messages.js";
import type { FinishReason, StopMatch } from "../../core/finish-reason.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { Piece } from "../../core/piece.js";
import type { RunOutcome } from "../../core/run-end.js";
import type { Clock } from "../../sync/clock.js";
import type { Decoder, Engine, EngineSequence, SampledToken, SavedState, SequenceLease } from "../engine.js";
import type { Drafter } from "./prompt-lookup.js";
import { OutputBuilder } from "./output-builder.js";
import type { PartReader } from "../output/output-part.js";
import { RunCredit } from "./run-credit.js";
import { RunProgress, type RunState } from "./run-state.js";

/** Of the end of reasoning: they are evaluated in one step with whatever else there is room for. */
const MAX_END_TOKENS = 32;

export interface RunOptions extends RunSurroundings {
  readonly spec: RunSpec;
  readonly credit: Credit;
}

/** What all runs of one engine share. */
export interface RunSurroundings {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Whether its next tokens are foretold. */
  readonly drafts: boolean;
  readonly readOutput: (format: OutputFormat) => PartReader;
}

/** One admitted generation inside the engine: its prompt, its decoder, what it may still post and where its time went. Owned by the step loop. */
export class Run implements Drafter {
  readonly spec: RunSpec;
  readonly #engine: Engine;
  readonly #progress: RunProgress;
  readonly #output: OutputBuilder;
  readonly #credit: RunCredit;
  #lease: SequenceLease | undefined;
  #decoder: Decoder | undefined;
  /** What the sequence has to hold before it decodes (on): the input, after a preemption the output so far too. */
  #neededTokens: number;
  /** How much of that it holds. */
  #prefilledTokens = 0;
  #reusedInputTokens = 0;
  /** What was in the sequence when it was given up, if it was worth keeping. */
  #saved: SavedState | undefined;
  #restarts = 0;
  #reprefilledTokens = 0;
  #newPieces: Piece[] = [];
  #newPrefill: PrefillProgress | undefined;

  constructor(options: RunOptions) {
    this.spec = options.spec;
    this.#engine = options.engine;
    this.#progress = new RunProgress(options.clock);
    this.#output = new OutputBuilder(options);
    this.#neededTokens = this.#output.tokens.length;
    this.#credit = new RunCredit(options.credit);
  }

  get state(): RunState {
    return this.#progress.state;
  }

  /** Before anything else is done with it. @returns why the engine can't take it */
  check(): string | undefined {
    return validateRun(this.spec, this.#engine) ?? this.#output.grammar.compile(this.#engine);
  }

  /** Whether it may still post a piece. */
  get hasCredit(): boolean {
    return this.#credit.isLeft;
  }

  /** Tokens to be read in that are in the sequence: where the next one goes. */
  get position(): number {
    return this.#prefilledTokens;
  }

  get prefillTokensLeft(): number {
    return this.#neededTokens - this.#prefilledTokens;
  }

  /** All that its sequence has to hold, for whoever looks for one. */
  get neededTokens(): Uint32Array {
    return this.#output.tokens.slice(0, this.#neededTokens);
  }

  /** What it held before its preemption. */
  get saved(): SavedState | undefined {
    return this.#saved;
  }

  get hasSequence(): boolean {
    return this.#lease !== undefined;
  }

  /** Its own only between `receive` and a preemption or the end. */
  get sequence(): EngineSequence {
    return this.#held().sequence;
  }

  /** Gets its sequence, which already holds the beginning of what is needed. */
  receive(lease: SequenceLease): void {
    this.#lease = lease;
    this.#prefilledTokens = lease.reusedTokens;
    if (this.#restarts === 0) this.#reusedInputTokens = lease.reusedTokens;
    this.#freeSaved();
  }

  /** Gives its sequence up between two steps, and keeps all it has made. @param saved what the sequence holds, if that was kept */
  preempt(saved: SavedState | undefined): void {
    this.#saved = saved;
    this.#progress.enter({ type: "preempted" });
    this.#letGo();
    this.#neededTokens = this.#output.tokens.length;
    this.#prefilledTokens = 0;
  }

  /** Has the right to a sequence again: what that lacks is to be read in. */
  resume(): void {
    this.#restarts++;
    this.#progress.enter({ type: "prefilling" });
  }

  grant(credit: Credit): void {
    this.#credit.grant(credit);
    if (this.state.type === "parked" && this.hasCredit) this.#progress.enter({ type: "running" });
  }

  /** The next `count` tokens to be read in, and where they go. */
  chunk(count: number): { sequence: EngineSequence; tokenIds: Uint32Array } {
    return {
      sequence: this.sequence,
      tokenIds: this.#output.tokens.slice(this.#prefilledTokens, this.#prefilledTokens + count),
    };
  }

  /** The prefill of the next `count` tokens is done. */
  addPrefilled(count: number): void {
    this.#prefilledTokens += count;
    if (this.#restarts > 0) {
      this.#reprefilledTokens += count;
      return;
    }
    this.#newPrefill = {
      doneTokens: this.#prefilledTokens,
      totalTokens: this.spec.inputTokens.length,
      reusedTokens: this.#held().reusedTokens,
    };
  }

  /** Of a run that decodes: what its next pull evaluates besides one token. */
  get extraTokens(): number {
    if (this.state.type !== "running" || this.#decoder !== undefined) return 0;
    return this.#output.tokens.length - this.sequence.length - 1;
  }

  get confidence(): number {
    return this.#output.confidence;
  }

  /** No more than it may make, hold and post if all of it is right, and one more. */
  draft(most: number): readonly number[] {
    return this.#credit.cover(this.#output.draft(most), (tokenId) => this.#engine.tokenBytes(tokenId));
  }

  /** What a step pulls to get the next token. The first time it takes in all that is unread. */
  decoder(): Decoder {
    this.#decoder ??= this.#openDecoder();
    return this.#decoder;
  }

  /** Nothing but its last token is unread, and there is no credit for what would come of it. */
  park(): void {
    this.#progress.enter({ type: "parked" });
  }

  /** Takes in the tokens that a step pulled: makes pieces of them, spends credit, ends the run or parks it. What comes after its end is nothing. */
  accept(tokens: readonly SampledToken[]): void {
    if (this.prefillTokensLeft > 0) this.addPrefilled(this.prefillTokensLeft);
    if (this.state.type === "prefilling") this.#progress.enter({ type: "running" });
    for (const token of tokens) {
      const ending = this.#output.accept(token);
      if (ending !== undefined) {
        this.finish(ending.reason, ending.stopMatch);
        return;
      }
      this.#postAll();
    }
    if (this.#output.takeDiversion()) this.#closeDecoder();
    if (this.state.type === "running" && !this.hasCredit) this.#progress.enter({ type: "parked" });
  }

  /** Ends it properly: what text was held back goes out, whatever the credit. */
  finish(reason: FinishReason, stopMatch?: StopMatch): void {
    const last = this.#output.end(reason);
    for (const piece of last.pieces) this.#post(piece);
    this.#end({ type: "finished", reason: last.reason, stopMatch, incompleteText: last.incompleteText });
  }

  /** Ends its reasoning with the next token; nothing where it isn't reasoning. */
  endReasoning(): void {
    this.#output.endReasoning();
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
      stage: this.state.type,
      prefill: this.#newPrefill,
      pieces: this.#newPieces,
      decodedTokens: this.#output.tokens.output.length,
      prefillTokensLeft: this.prefillTokensLeft - (this.#saved?.tokenIds.length ?? 0),
      reprefilledTokens: this.#reprefilledTokens,
      end: this.state.type === "ended" ? this.state.end : undefined,
    };
    this.#newPieces = [];
    this.#newPrefill = undefined;
    return update;
  }

  #postAll(): void {
    for (let piece = this.#output.takePiece(); piece !== undefined; piece = this.#output.takePiece()) this.#post(piece);
  }

  #post(piece: Piece): void {
    this.#newPieces.push(piece);
    this.#credit.spend(piece);
  }

  #end(outcome: RunOutcome): void {
    const spentMs = this.#progress.spent();
    const { reasoningTokens } = this.#output;
    const tally = {
      reusedInputTokens: this.#reusedInputTokens,
      outputTokens: this.#output.tokens.output.length,
      ...(reasoningTokens === 0 ? {} : { reasoningTokens }),
      restarts: this.#restarts,
      prefillMs: spentMs.prefilling,
      decodeMs: spentMs.running,
      parkedMs: spentMs.parked + spentMs.preempted,
    };
    this.#progress.enter({ type: "ended", end: { outcome, tally } });
    this.#letGo();
    this.#freeSaved();
  }

  #letGo(): void {
    // The decoder first: whoever gets the sequence next must find it at rest.
    this.#closeDecoder();
    this.#lease?.[Symbol.dispose]();
    this.#lease = undefined;
  }

  #closeDecoder(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  #freeSaved(): void {
    this.#saved?.[Symbol.dispose]();
    this.#saved = undefined;
  }

  #openDecoder(): Decoder {
    const { sampling, output: wanted } = this.spec;
    const { tokens, grammar } = this.#output;
    const { sequence } = this;
    return this.#engine.openDecoder({
      sequence,
      tokenIds: tokens.slice(sequence.length, tokens.length),
      outputTokens: tokens.output,
      // A sampler that begins anew with the old seed would draw the same numbers a second time.
      sampling:
        tokens.output.length === 0 ? sampling : { ...sampling, seed: seedAt(sampling.seed, tokens.output.length) },
      grammar: grammar.state,
      logprobs: wanted.logprobs,
    });
  }

  #held(): SequenceLease {
    if (this.#lease === undefined) throw new Error("the run has no sequence yet");
    return this.#lease;
  }
}

/** Why the engine can't take this run: what would end the process inside llama.cpp is found here. @returns undefined if it can */
function validateRun(spec: RunSpec, engine: Engine): string | undefined {
  const inputTokens = spec.inputTokens.length;
  if (inputTokens === 0) return "the input has no tokens";
  if (inputTokens >= engine.facts.contextTokens) {
    return `${inputTokens} input tokens leave no room in a context of ${engine.facts.contextTokens}`;
  }
  const endTokens = spec.format?.reasoning?.endTokens ?? [];
  if (endTokens.length > MAX_END_TOKENS) return `reasoning ends with more than ${MAX_END_TOKENS} tokens`;
  const isUnknown = (tokenId: number): boolean => tokenId >= engine.vocabularySize;
  const unknown = spec.inputTokens.find(isUnknown) ?? endTokens.find(isUnknown);
  return unknown === undefined ? undefined : `token ${unknown} is not in the vocabulary of ${engine.vocabularySize}`;
}

/**
 * The seed with which a run goes on that comes back after `outputTokens`: a sampler that began anew with the old one would draw the same numbers a
 * second time.
 */
function seedAt(seed: number, outputTokens: number): number {
  return mixed(mixed(seed) ^ outputTokens);
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
