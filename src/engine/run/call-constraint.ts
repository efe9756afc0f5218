import type { OutputFormat, OutputGrammar } from "../../core/output-format.js";
import type { Engine, GrammarState, SampledToken } from "../engine.js";
import { bareOpening } from "./bare-opening.js";
import { DoubtfulOpening, sortedMarks } from "./doubtful-opening.js";
import { MarkWatch } from "./mark-watch.js";

/** The most bytes of an answer that are kept for a call without a mark, whose beginning is known only when it is announced. */
const MAX_KEPT_BYTES = 1_024;
const BLANKS: ReadonlySet<number> = new Set(Buffer.from(" \t\n\r"));

/** The state of the output reader after a token. */
interface ReaderState {
  readonly isReasoning: boolean;
  /** The number of calls announced so far. */
  readonly begunCalls: number;
  /** The number of complete calls so far. */
  readonly calls: number;
}

/**
 * free: the output is as the model likes it. opened: the text so far ends inside a call, and the grammar is to hold from the next token on.
 * held: the grammar holds.
 */
type CallPhase =
  | { readonly type: "free" }
  | { readonly type: "opened"; readonly written: Uint8Array[] }
  | { readonly type: "held"; readonly state: GrammarState; readonly callsBefore: number };

/**
 * Holds the calls of a free output to a grammar: from the opening of a call, whose text the grammar includes, to where the grammar may end. A call
 * begins with a mark of its syntax, or without a mark once its head is written or the output reader announces it. After a mark that may also open an answer, or that ends the prompt,
 * it begins once a tool's name is written. A text that the grammar does not allow stays free.
 */
export class CallConstraint {
  readonly #grammar: OutputGrammar;
  readonly #tenant: string;
  readonly #engine: Engine;
  readonly #watch: MarkWatch;
  readonly #doubtful: DoubtfulOpening;
  /** Whether a call may begin without a mark. */
  readonly #mayBeBare: boolean;
  /** Whether an answer so far begins a call without a mark. */
  readonly #isBareCall: (answer: string) => boolean;
  #phase: CallPhase = { type: "free" };
  #begunCalls = 0;
  /** The answer since its start or its last held call. undefined once it is too long for the beginning of a call. */
  #kept: number[] | undefined = [];

  /** @param options.tenant the caller's, for which the grammar is compiled */
  constructor(options: { grammar: OutputGrammar; tenant: string; format: OutputFormat; engine: Engine }) {
    const { grammar, tenant, format, engine } = options;
    const marks = sortedMarks(format);
    this.#grammar = grammar;
    this.#tenant = tenant;
    this.#engine = engine;
    this.#watch = new MarkWatch(marks.sure);
    this.#doubtful = new DoubtfulOpening(format, marks.doubtful);
    this.#mayBeBare = marks.sure.includes("");
    this.#isBareCall = bareOpening(format);
  }

  /** The grammar that constrains the next token. */
  get state(): GrammarState | undefined {
    return this.#phase.type === "held" ? this.#phase.state : undefined;
  }

  /** Takes the next token. @returns whether an open decoder would not sample the token after it as it should */
  push({ mayEnd }: SampledToken, bytes: Uint8Array, reading: ReaderState): boolean {
    const announced = reading.begunCalls > this.#begunCalls;
    this.#begunCalls = reading.begunCalls;
    if (reading.isReasoning) {
      this.#watch.reset();
      this.#doubtful.reset();
      this.#kept = [];
      return false;
    }
    const marked = this.#watch.push(bytes);
    const opened = this.#doubtful.push(bytes) ?? marked;
    const phase = this.#phase;
    if (phase.type === "opened") {
      phase.written.push(bytes);
      return true;
    }
    if (phase.type === "held") {
      if (mayEnd === true) return opened === undefined ? this.#release() : this.#open([opened]);
      // An engine that can't tell where the grammar may end leaves the text after the call to the grammar, which allows any.
      if (mayEnd !== undefined || reading.calls <= phase.callsBefore) return false;
      return opened !== undefined && this.#open([opened]);
    }
    this.#keep(bytes);
    if (opened !== undefined) return this.#open([opened]);
    if (!this.#mayBeBare || this.#kept === undefined) return false;
    const begins = announced || (this.#looksBare() && this.#isBareCall(Buffer.from(this.#kept).toString()));
    return begins && this.#open([trimmed(this.#kept)]);
  }

  /**
   * Begins to hold a call that was opened by the tokens so far. To be called before another token is sampled.
   * @param calls the number of complete calls so far
   * @throws EngineFault if the grammar does not compile
   */
  settle(calls: number): void {
    if (this.#phase.type !== "opened") return;
    const written = Buffer.concat(this.#phase.written);
    const state = this.#engine.beginGrammar(this.#grammar.gbnf, { written, tenant: this.#tenant });
    this.#phase = state === undefined ? { type: "free" } : { type: "held", state, callsBefore: calls };
    this.#kept = undefined;
  }

  /** Cuts a draft before the token that would open a call, since the tokens after that have to be sampled under the grammar. */
  cut(draft: readonly number[], bytesOf: (tokenId: number) => Uint8Array): readonly number[] {
    if (this.#doubtful.isBegun || (this.#mayBeBare && this.#looksBare())) return [];
    const watches = [this.#watch.copy(), this.#doubtful.watch.copy()];
    const opening = draft.findIndex((tokenId) => watches.some((watch) => watch.push(bytesOf(tokenId)) !== undefined));
    return opening < 0 ? draft : draft.slice(0, opening);
  }

  #open(written: Uint8Array[]): true {
    this.#phase = { type: "opened", written };
    return true;
  }

  #release(): true {
    this.#phase = { type: "free" };
    this.#kept = [];
    return true;
  }

  #keep(bytes: Uint8Array): void {
    if (!this.#mayBeBare || this.#kept === undefined) return;
    this.#kept.push(...bytes);
    if (this.#kept.length > MAX_KEPT_BYTES) this.#kept = undefined;
  }

  /** Whether the answer may be the beginning of a call without a mark. */
  #looksBare(): boolean {
    if (this.#phase.type !== "free" || this.#kept === undefined) return false;
    const first = this.#kept.find((byte) => !BLANKS.has(byte));
    return first === 0x7b || first === 0x5b;
  }
}

/** The bytes from the first that is no blank on. */
function trimmed(bytes: readonly number[]): Uint8Array {
  const first = bytes.findIndex((byte) => !BLANKS.has(byte));
  return Uint8Array.from(first < 0 ? [] : bytes.slice(first));
}
