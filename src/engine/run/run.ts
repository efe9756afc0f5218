import type { Credit, Piece } from "../../core/piece.js";
import type { PrefillProgress, RunSpec, RunUpdate } from "../../core/engine-messages.js";
import type { FinishReason, RunOutcome, StopMatch } from "../../core/run-end.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { Clock } from "../../sync/clock.js";
import {
  type Decoder,
  type Engine,
  EngineFault,
  type EngineSequence,
  type SampledToken,
  type SavedState,
  type SequenceLease,
} from "../engine.js";
import type { Drafter } from "./prompt-lookup.js";
import { OutputBuilder } from "./output-builder.js";
import type { PartReader } from "../output/output-part.js";
import { RunCredit, RunProgress, type RunState } from "./run-state.js";

/** The most tokens that end reasoning, which are evaluated in one step with whatever else there is room for. */
const MAX_END_TOKENS = 32;

export interface RunOptions extends RunSurroundings {
  readonly spec: RunSpec;
  readonly credit: Credit;
}

/** The surroundings that all runs of one engine share. */
export interface RunSurroundings {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Whether its next tokens are drafted. */
  readonly drafts: boolean;
  readonly readOutput: (format: OutputFormat) => PartReader;
}

/** One admitted generation inside the engine: its prompt, its decoder, its credit and where its time went. Owned by the step loop. */
export class Run implements Drafter {
  readonly spec: RunSpec;
  readonly #engine: Engine;
  readonly #progress: RunProgress;
  readonly #output: OutputBuilder;
  readonly #credit: RunCredit;
  #lease: SequenceLease | undefined;
  #decoder: Decoder | undefined;
  /** The number of tokens that the sequence has to hold before the run decodes: the input, and after a preemption the output so far too. */
  #neededTokens: number;
  /** The number of these tokens that the sequence holds. */
  #prefilledTokens = 0;
  #reusedInputTokens = 0;
  /** The saved state of the sequence that was given up, if it was worth saving. */
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

  /** Validates the run, before anything else is done with it. @returns the reason if the engine can't take it */
  check(): string | undefined {
    return validateRun(this.spec, this.#engine) ?? this.#output.compile();
  }

  /** Whether the run may post one more piece. */
  get hasCredit(): boolean {
    return this.#credit.isLeft;
  }

  /** The position of the next token to be prefilled. */
  get position(): number {
    return this.#prefilledTokens;
  }

  get prefillTokensLeft(): number {
    return this.#neededTokens - this.#prefilledTokens;
  }

  /** All tokens that the run's sequence has to hold before the run decodes. */
  get neededTokens(): Uint32Array {
    return this.#output.tokens.slice(0, this.#neededTokens);
  }

  /** The state that was saved at the run's preemption. */
  get saved(): SavedState | undefined {
    return this.#saved;
  }

  get hasSequence(): boolean {
    return this.#lease !== undefined;
  }

  /** The run's sequence, its own only between `receive` and a preemption or the end. */
  get sequence(): EngineSequence {
    return this.#held().sequence;
  }

  /** Gives the run its sequence, which already holds the beginning of the needed tokens. */
  receive(lease: SequenceLease): void {
    this.#lease = lease;
    this.#prefilledTokens = lease.reusedTokens;
    if (this.#restarts === 0) this.#reusedInputTokens = lease.reusedTokens;
    this.#freeSaved();
  }

  /** Gives the sequence up between two steps, and keeps all output. @param saved the sequence's state, if it was saved */
  preempt(saved: SavedState | undefined): void {
    this.#saved = saved;
    this.#progress.enter({ type: "preempted" });
    this.#letGo();
    this.#neededTokens = this.#output.tokens.length;
    this.#prefilledTokens = 0;
  }

  /** Gives the run the right to a sequence again, in which the missing tokens have to be prefilled. */
  resume(): void {
    this.#restarts++;
    this.#progress.enter({ type: "prefilling" });
  }

  grant(credit: Credit): void {
    this.#credit.grant(credit);
    if (this.state.type === "parked" && this.hasCredit) this.#progress.enter({ type: "running" });
  }

  /** The next `count` tokens to be prefilled, with their sequence. */
  chunk(count: number): { sequence: EngineSequence; tokenIds: Uint32Array } {
    return {
      sequence: this.sequence,
      tokenIds: this.#output.tokens.slice(this.#prefilledTokens, this.#prefilledTokens + count),
    };
  }

  /** Counts the next `count` tokens as prefilled. */
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

  /** The tokens that the next pull of a decoding run evaluates beside one. */
  get extraTokens(): number {
    if (this.state.type !== "running" || this.#decoder !== undefined) return 0;
    return this.#output.tokens.length - this.sequence.length - 1;
  }

  get confidence(): number {
    return this.#output.confidence;
  }

  /** Drafts no more than the run may generate, hold and post if all of the draft is accepted, with one more token after it. */
  draft(most: number): readonly number[] {
    return this.#credit.cover(this.#output.draft(most), (tokenId) => this.#engine.tokenBytes(tokenId));
  }

  /** The decoder that a step pulls. The first pull evaluates all tokens that are not in the sequence. */
  decoder(): Decoder {
    this.#decoder ??= this.#openDecoder();
    return this.#decoder;
  }

  /** Parks the run, whose prompt is prefilled but for its last token, since it has no credit for the first token of its output. */
  park(): void {
    this.#progress.enter({ type: "parked" });
  }

  /** Takes the tokens of a pull: makes pieces of them, spends credit, and ends or parks the run. Tokens after its end are dropped. */
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
    if (!this.#turn()) return;
    if (this.state.type === "running" && !this.hasCredit) this.#progress.enter({ type: "parked" });
  }

  /** Closes a decoder that would not sample the next token as it should. @returns false if the run failed */
  #turn(): boolean {
    try {
      if (this.#output.takeDiversion()) this.#closeDecoder();
      return true;
    } catch (error) {
      if (!(error instanceof EngineFault)) throw error;
      this.fail(error.message);
      return false;
    }
  }

  /** Ends the run properly: held-back text goes out, whatever the credit. */
  finish(reason: FinishReason, stopMatch?: StopMatch): void {
    const last = this.#output.end(reason);
    for (const piece of last.pieces) this.#post(piece);
    this.#end({ type: "finished", reason: last.reason, stopMatch, incompleteText: last.incompleteText });
  }

  /** Ends the reasoning with the next token. Does nothing outside reasoning. */
  endReasoning(): void {
    this.#output.endReasoning();
  }

  /** Ends the run at once; held-back text is lost. */
  cancel(): void {
    this.#end({ type: "cancelled" });
  }

  /** @param message for the log */
  fail(message: string): void {
    this.#end({ type: "failed", message });
  }

  /** @returns all that changed since the last update */
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
    // The decoder is closed first: the next run must find the sequence at rest.
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
      // A sampler that began anew with the old seed would use the same random numbers a second time.
      sampling:
        tokens.output.length === 0 ? sampling : { ...sampling, seed: seedAt(sampling.seed, tokens.output.length) },
      grammar,
      logprobs: wanted.logprobs,
    });
  }

  #held(): SequenceLease {
    if (this.#lease === undefined) throw new Error("the run has no sequence yet");
    return this.#lease;
  }
}

/** Finds what would end the process inside llama.cpp. @returns the reason if the engine can't take the run */
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

/** The seed of a decoder that is opened after `outputTokens`. */
function seedAt(seed: number, outputTokens: number): number {
  return mixed(mixed(seed) ^ outputTokens);
}

/** Mixes by the finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
