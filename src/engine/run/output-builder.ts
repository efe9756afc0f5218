import type { RunSpec } from "../../core/engine-messages.js";
import type { FinishReason, StopMatch } from "../../core/run-end.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { Piece, TokenScore } from "../../core/piece.js";
import type { Engine, GrammarState, SampledToken } from "../engine.js";
import { CallConstraint } from "./call-constraint.js";
import { marksOfCalls } from "../output/call-marks.js";
import { GrammarConstraint } from "./grammar-constraint.js";
import type { PartReader } from "../output/output-part.js";
import { ownBytes, PieceBuilder } from "../output/piece-builder.js";
import { ReasoningWatch, RepetitionWatch } from "./output-watches.js";
import { PromptLookup } from "./prompt-lookup.js";

/** The score of a token that the engine put into the output itself. */
const CERTAIN: TokenScore = { logprob: 0, top: [] };

/** The reason for which an output ends. */
export interface Ending {
  readonly reason: FinishReason;
  readonly stopMatch?: StopMatch | undefined;
}

/** The end of an output. */
export interface LastOutput {
  readonly pieces: readonly Piece[];
  readonly incompleteText: boolean;
  readonly reason: FinishReason;
}

export interface OutputBuilderOptions {
  readonly spec: RunSpec;
  readonly engine: Engine;
  /** Whether its next tokens are drafted. */
  readonly drafts: boolean;
  readonly readOutput: (format: OutputFormat) => PartReader;
}

/**
 * Builds one run's output token by token: makes pieces of it, sees where it ends, and puts the end of reasoning into it. It knows nothing of
 * sequences, decoders and credit.
 */
export class OutputBuilder {
  readonly tokens: RunTokens;
  /** The grammar of the answer, if any. */
  readonly #grammar: GrammarConstraint;
  /** The grammar of the calls in a free answer, if any. */
  readonly #calls: CallConstraint | undefined;
  readonly #spec: RunSpec;
  readonly #engine: Engine;
  readonly #reader: PartReader | undefined;
  readonly #marks: readonly string[];
  readonly #pieces: PieceBuilder;
  readonly #reasoning: ReasoningWatch | undefined;
  readonly #repetition: RepetitionWatch | undefined;
  readonly #lookup: PromptLookup | undefined;
  #isDiverted = false;

  constructor({ spec, engine, drafts, readOutput }: OutputBuilderOptions) {
    const { format, inputTokens, output } = spec;
    const { stopSequences, repetitionGuard } = spec.stopping;
    this.tokens = new RunTokens(inputTokens);
    const holdsCalls = spec.grammar?.holds === "calls";
    this.#grammar = new GrammarConstraint(holdsCalls ? undefined : spec.grammar, format?.reasoning?.isOpen ?? false);
    if (holdsCalls && format !== undefined) {
      this.#calls = new CallConstraint({ grammar: spec.grammar, tenant: spec.tenant, format, engine });
    }
    this.#spec = spec;
    this.#engine = engine;
    this.#reader = format && readOutput(format);
    this.#marks = format === undefined ? [] : marksOf(format);
    this.#pieces = new PieceBuilder({ reader: this.#reader, stopSequences, output });
    this.#reasoning = format?.reasoning && new ReasoningWatch(format.reasoning, spec.reasoningBudgetTokens);
    this.#repetition = repetitionGuard && new RepetitionWatch(repetitionGuard);
    this.#lookup = drafts ? new PromptLookup(inputTokens) : undefined;
  }

  /** The grammar that constrains the next token. */
  get grammar(): GrammarState | undefined {
    return this.#grammar.state ?? this.#calls?.state;
  }

  get reasoningTokens(): number {
    return this.#reasoning?.tokens ?? 0;
  }

  /** The probability that a draft token is accepted. */
  get confidence(): number {
    return this.#lookup?.confidence ?? 0;
  }

  /** Compiles the grammar of the answer, before the first token. @returns the reason if it fails */
  compile(): string | undefined {
    return this.#grammar.compile(this.#engine, this.#spec.tenant);
  }

  /**
   * Drafts up to `most` tokens, and never more than remain of max_output_tokens, of the context or of the reasoning budget, each less one for the
   * token sampled after the draft.
   */
  draft(most: number): readonly number[] {
    if (this.#lookup === undefined || this.#grammar.isAwaited) return [];
    const leftTokens = this.#spec.stopping.maxOutputTokens - this.tokens.output.length;
    const roomTokens = this.#engine.facts.contextTokens - this.tokens.length;
    const certainTokens = this.#reasoning?.leftTokens ?? Infinity;
    const draft = this.#lookup.draft(Math.max(0, Math.min(most, leftTokens - 1, roomTokens - 1, certainTokens - 1)));
    return this.#calls?.cut(draft, (tokenId) => this.#bytesOf(tokenId)) ?? draft;
  }

  /** Takes the next token. @returns how the output ends with it, or before it */
  accept(token: SampledToken): Ending | undefined {
    const { tokenId } = token;
    const { stopTokenIds, ignoreEndOfGeneration } = this.#spec.stopping;
    if (stopTokenIds.includes(tokenId)) return { reason: "stop_token", stopMatch: { type: "token", tokenId } };
    if (!ignoreEndOfGeneration && this.#engine.isEndOfGeneration(tokenId)) return this.#acceptEnd(tokenId);
    const bytes = this.#bytesOf(tokenId);
    if (this.#grammar.endsBefore(token, bytes)) return { reason: "constraint_complete" };
    return this.#grow(token, bytes);
  }

  /** @returns the next piece, until there is none */
  takePiece(): Piece | undefined {
    return this.#pieces.take();
  }

  /** Gives the text that was held back. An end by the model itself is `tool_calls` if calls came before it. To be called last, once. */
  end(reason: FinishReason): LastOutput {
    const last = this.#pieces.end();
    const endsByItself = reason === "end_of_turn" || reason === "constraint_complete";
    const hasCalls = (this.#reader?.calls ?? 0) > 0;
    return { ...last, reason: endsByItself && hasCalls ? "tool_calls" : reason };
  }

  /** Ends the reasoning with the next token. Does nothing outside reasoning. */
  endReasoning(): void {
    this.#reasoning?.ask();
  }

  /**
   * Whether a decoder that is open would not sample the next token as it should, since tokens were put into the output or a grammar has begun or ended.
   * Says so once. To be called before another token is sampled.
   * @throws EngineFault if the grammar that is to hold a call does not compile
   */
  takeDiversion(): boolean {
    this.#calls?.settle(this.#reader?.calls ?? 0);
    const isDiverted = this.#isDiverted;
    this.#isDiverted = false;
    return isDiverted;
  }

  #acceptEnd(tokenId: number): Ending | undefined {
    // The model still owes an answer.
    if (this.#grammar.isAwaited && this.#reasoning !== undefined) return this.#putEndOfReasoning(this.#reasoning);
    if (this.#reader !== undefined) this.#pieces.mark(this.#bytesOf(tokenId));
    return { reason: this.#grammar.hasBegun ? "constraint_complete" : "end_of_turn" };
  }

  #grow(token: SampledToken, bytes: Uint8Array): Ending | undefined {
    const { tokenId } = token;
    this.tokens.push(tokenId);
    this.#lookup?.push(tokenId);
    this.#pieces.push(tokenId, bytes, this.#withBytes(token.score));
    this.#grammar.push(token);
    const repeats = this.#repetition?.push(tokenId) ?? false;
    this.#watchReasoning();
    const ending = this.#endingNow(repeats);
    if (ending !== undefined) return ending;
    if (this.#calls?.push(token, bytes, this.#reading()) === true) this.#isDiverted = true;
    if (this.#reasoning === undefined) return undefined;
    if (this.#reasoning.isDue) return this.#putEndOfReasoning(this.#reasoning);
    if (!this.#reasoning.isReasoning && this.#grammar.begin()) this.#isDiverted = true;
    return undefined;
  }

  #reading() {
    const { begunCalls = 0, calls = 0 } = this.#reader ?? {};
    return { isReasoning: this.#pieces.isReasoning, begunCalls, calls };
  }

  #watchReasoning(): void {
    this.#reasoning?.push(this.#pieces.isReasoning, (units) => this.#pieces.countBack(units));
  }

  #endingNow(repeats: boolean): Ending | undefined {
    const { maxOutputTokens, clampedByContext } = this.#spec.stopping;
    const { match } = this.#pieces;
    if (match !== undefined) return { reason: "stop_sequence", stopMatch: { type: "sequence", text: match } };
    if (this.#reader?.isOver === true) return { reason: this.#reader.calls > 0 ? "tool_calls" : "max_tokens" };
    if (this.#grammar.isComplete) return { reason: "constraint_complete" };
    if (repeats) return { reason: "repetition" };
    if (this.tokens.output.length >= maxOutputTokens) {
      return { reason: clampedByContext ? "context_length" : "max_tokens" };
    }
    return this.tokens.length >= this.#engine.facts.contextTokens ? { reason: "context_length" } : undefined;
  }

  /** Puts the tokens that end reasoning into the output, where they are like any others. */
  #putEndOfReasoning(reasoning: ReasoningWatch): Ending | undefined {
    for (const tokenId of reasoning.end()) {
      const ending = this.#grow({ tokenId, score: CERTAIN }, this.#bytesOf(tokenId));
      if (ending !== undefined) return ending;
    }
    this.#grammar.begin();
    this.#isDiverted = true;
    return undefined;
  }

  /** The token's text. A control token has one if it is markup, or if a grammar, which reads the token so, constrains the output. */
  #bytesOf(tokenId: number): Uint8Array {
    const bytes = this.#engine.tokenBytes(tokenId);
    if (bytes.length > 0) return bytes;
    const controlBytes = this.#engine.controlBytes(tokenId);
    if (controlBytes.length === 0) return bytes;
    const isConstrained =
      (this.#grammar.hasBegun || this.grammar !== undefined) && !this.#engine.isEndOfGeneration(tokenId);
    return isConstrained || this.#isMarkup(Buffer.from(controlBytes).toString()) ? controlBytes : bytes;
  }

  #isMarkup(text: string): boolean {
    return this.#marks.some((mark) => mark.includes(text));
  }

  #withBytes(score: TokenScore | undefined): TokenScore | undefined {
    if (score === undefined || !this.#spec.output.tokenBytes) return score;
    const top = score.top.map((token) => ({ ...token, tokenBytes: ownBytes(this.#engine.tokenBytes(token.tokenId)) }));
    return { ...score, top };
  }
}

/** Lists all that a format writes besides text. */
function marksOf({ reasoning, calls, frames = [] }: OutputFormat): readonly string[] {
  const reasoningMarks = reasoning === undefined ? [] : [reasoning.begin, reasoning.end];
  return [...calls.flatMap(marksOfCalls), ...reasoningMarks, ...frames];
}

/** All tokens of one run, in order: its input, then its output. */
class RunTokens {
  readonly #input: Uint32Array;
  readonly #output: number[] = [];

  constructor(input: Uint32Array) {
    this.#input = input;
  }

  get length(): number {
    return this.#input.length + this.#output.length;
  }

  get output(): readonly number[] {
    return this.#output;
  }

  push(tokenId: number): void {
    this.#output.push(tokenId);
  }

  /** @returns a view if the slice lies within the input, else a copy */
  slice(start: number, end: number): Uint32Array {
    const inputTokens = this.#input.length;
    if (end <= inputTokens) return this.#input.subarray(start, end);
    const slice = new Uint32Array(Math.max(0, end - start));
    if (start < inputTokens) slice.set(this.#input.subarray(start));
    const outputStart = Math.max(0, start - inputTokens);
    slice.set(this.#output.slice(outputStart, end - inputTokens), Math.max(0, inputTokens - start));
    return slice;
  }
}
