import type { TokenScore } from "../../src/core/piece.js";
import { type Decoder, EngineFault, type EngineSequence, type SampledToken } from "../../src/engine/engine.js";
import type { ScriptedGrammar } from "./scripted-grammar.js";
import type { ScriptedSequence } from "./scripted-sequence.js";
import { TURN_END_TOKEN } from "./tiny-vocabulary.js";

export interface ScriptedDecoderOptions {
  readonly sequence: ScriptedSequence;
  readonly unevaluated: Uint32Array;
  readonly echo: readonly number[];
  /** The number of output tokens that were generated before. */
  readonly generated: number;
  readonly cycle: boolean;
  /** Tokens that make the pull fail: in the echo, and in the unevaluated tokens. */
  readonly failing: { readonly pull: number; readonly prefill: number };
  readonly score: (tokenId: number) => TokenScore | undefined;
  readonly grammar: ScriptedGrammar | undefined;
  readonly tokenBytes: (tokenId: number) => Uint8Array;
  readonly onClose: () => void;
}

/** Echoes a prompt, token by token, as far as a grammar allows it. */
export class ScriptedDecoder implements Decoder {
  readonly sequence: ScriptedSequence;
  readonly #echo: readonly number[];
  readonly #cycle: boolean;
  readonly #failing: ScriptedDecoderOptions["failing"];
  readonly #score: (tokenId: number) => TokenScore | undefined;
  readonly #grammar: ScriptedGrammar | undefined;
  readonly #tokenBytes: (tokenId: number) => Uint8Array;
  readonly #onClose: () => void;
  #unevaluated: Iterable<number>;
  #next: number;
  #closed = false;

  constructor(options: ScriptedDecoderOptions) {
    this.sequence = options.sequence;
    this.#unevaluated = options.unevaluated;
    this.#echo = options.echo;
    this.#cycle = options.cycle;
    this.#next = options.cycle ? options.generated % options.echo.length : options.generated;
    this.#failing = options.failing;
    this.#score = options.score;
    this.#grammar = options.grammar;
    this.#tokenBytes = options.tokenBytes;
    this.#onClose = options.onClose;
  }

  /** What the next pull evaluates, drafts left out. */
  get prefillTokensLeft(): number {
    return [...this.#unevaluated].length;
  }

  peek(): number {
    if (this.#cycle && this.#next >= this.#echo.length) this.#next = 0;
    return this.#echo[this.#next] ?? TURN_END_TOKEN;
  }

  pull(draft: readonly number[]): readonly SampledToken[] | EngineFault {
    if (this.#closed) throw new Error("the decoder is closed");
    const opening = [...this.#unevaluated];
    if (opening.includes(this.#failing.prefill)) return faultOf(this);
    this.sequence.checkRoom(opening.length + draft.length);
    this.sequence.append(opening);
    const sampled: SampledToken[] = [];
    do {
      if (this.peek() === this.#failing.pull) return faultOf(this);
      const tokenId = this.#sample(this.peek());
      if (tokenId === undefined) return faultOf(this);
      if (sampled.length > 0) this.sequence.append(this.#unevaluated);
      this.#next++;
      this.#unevaluated = [tokenId];
      sampled.push({ tokenId, score: this.#score(tokenId), ...(this.#grammar && { mayEnd: this.#grammar.mayEnd }) });
    } while (sampled.at(-1)?.tokenId === draft[sampled.length - 1]);
    return sampled;
  }

  /** The token of the echo if the grammar allows it, else the first that it does, else the end where it may be; undefined: none is left. */
  #sample(wanted: number): number | undefined {
    const grammar = this.#grammar;
    if (grammar === undefined) return wanted;
    const textOf = (tokenId: number): string => Buffer.from(this.#tokenBytes(tokenId)).toString("latin1");
    if (wanted === TURN_END_TOKEN && grammar.mayEnd) return wanted;
    const bytes = Array.from({ length: 128 }, (_, byte) => byte);
    const tokenId = [wanted, ...bytes].find((candidate) => grammar.allows(textOf(candidate)));
    if (tokenId === undefined) return grammar.mayEnd ? TURN_END_TOKEN : undefined;
    grammar.push(textOf(tokenId));
    return tokenId;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}

export function faultOf({ sequence }: { sequence: EngineSequence }): EngineFault {
  void sequence.trim(0);
  return new EngineFault("the script says fail");
}

export function decoderOf(decoder: Decoder): ScriptedDecoder {
  if (!(decoder instanceof ScriptedDecoder)) throw new Error("the decoder is another engine's");
  return decoder;
}
