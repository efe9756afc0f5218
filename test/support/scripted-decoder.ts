import type { TokenScore } from "../../src/core/piece.js";
import { type Decoder, EngineFault, type EngineSequence, type SampledToken } from "../../src/engine/engine.js";
import type { ScriptedGrammar } from "./scripted-grammar.js";
import type { ScriptedSequence } from "./scripted-sequence.js";
import { TURN_END_TOKEN } from "./tiny-vocabulary.js";

export interface ScriptedDecoderParts {
  readonly sequence: ScriptedSequence;
  readonly unread: Uint32Array;
  readonly echo: readonly number[];
  /** Tokens of the output that were made before. */
  readonly made: number;
  readonly cycle: boolean;
  /** Tokens that make the pull fail: in the echo, and in what is unread. */
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
  readonly #failing: ScriptedDecoderParts["failing"];
  readonly #score: (tokenId: number) => TokenScore | undefined;
  readonly #grammar: ScriptedGrammar | undefined;
  readonly #tokenBytes: (tokenId: number) => Uint8Array;
  readonly #onClose: () => void;
  #unread: Iterable<number>;
  #next: number;
  #closed = false;

  constructor(parts: ScriptedDecoderParts) {
    this.sequence = parts.sequence;
    this.#unread = parts.unread;
    this.#echo = parts.echo;
    this.#cycle = parts.cycle;
    this.#next = parts.cycle ? parts.made % parts.echo.length : parts.made;
    this.#failing = parts.failing;
    this.#score = parts.score;
    this.#grammar = parts.grammar;
    this.#tokenBytes = parts.tokenBytes;
    this.#onClose = parts.onClose;
  }

  /** What the next pull evaluates, drafts left out. */
  get prefillTokensLeft(): number {
    return [...this.#unread].length;
  }

  peek(): number {
    if (this.#cycle && this.#next >= this.#echo.length) this.#next = 0;
    return this.#echo[this.#next] ?? TURN_END_TOKEN;
  }

  pull(draft: readonly number[]): readonly SampledToken[] | EngineFault {
    if (this.#closed) throw new Error("the decoder is closed");
    const opening = [...this.#unread];
    if (opening.includes(this.#failing.prefill)) return faultOf(this);
    this.sequence.checkRoom(opening.length + draft.length);
    this.sequence.append(opening);
    const drawn: SampledToken[] = [];
    do {
      if (this.peek() === this.#failing.pull) return faultOf(this);
      const tokenId = this.#draw(this.peek());
      if (tokenId === undefined) return faultOf(this);
      if (drawn.length > 0) this.sequence.append(this.#unread);
      this.#next++;
      this.#unread = [tokenId];
      drawn.push({ tokenId, score: this.#score(tokenId), ...(this.#grammar && { mayEnd: this.#grammar.mayEnd }) });
    } while (drawn.at(-1)?.tokenId === draft[drawn.length - 1]);
    return drawn;
  }

  /** The token of the echo if the grammar allows it, else the first that it does, else the end where it may be; undefined: none is left. */
  #draw(wanted: number): number | undefined {
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
