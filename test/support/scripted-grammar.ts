import { EngineFault, type GrammarState } from "../../src/engine/engine.js";

/**
 * All that the scripted engine knows of GBNF: one rule, `root ::= "one text" | "another"`, or `root ::= ("one text" | "another") .*` with any text after
 * them. Printable ASCII, spelled as JSON spells it too.
 */
const TEXTS = String.raw`"(?:[^"\\]|\\.)*"(?: \| "(?:[^"\\]|\\.)*")*`;
const GRAMMAR = new RegExp(String.raw`^root ::= (?:${TEXTS}|\(${TEXTS}\) \.\*)$`, "u");
const TEXT = /"(?:[^"\\]|\\.)*"/gu;

export class ScriptedGrammar implements GrammarState {
  readonly gbnf: string;
  readonly #texts: readonly string[];
  /** Whether any text may follow. */
  readonly #isOpen: boolean;
  #text = "";

  /** @throws EngineFault */
  constructor(gbnf: string) {
    if (!GRAMMAR.test(gbnf)) throw new EngineFault("the grammar does not compile");
    this.gbnf = gbnf;
    this.#isOpen = gbnf.endsWith(" .*");
    this.#texts = (gbnf.match(TEXT) ?? []).map((text) => JSON.parse(text) as string);
  }

  /** Whether the output could end where it is. */
  get mayEnd(): boolean {
    return this.#texts.some((whole) => this.#text === whole || this.#isBeyond(this.#text, whole));
  }

  allows(text: string): boolean {
    const longer = this.#text + text;
    return text !== "" && this.#texts.some((whole) => whole.startsWith(longer) || this.#isBeyond(longer, whole));
  }

  push(text: string): void {
    this.#text += text;
  }

  #isBeyond(text: string, whole: string): boolean {
    return this.#isOpen && text.startsWith(whole);
  }

  /** The position after a text with which the output has begun; undefined if it is not allowed. */
  after(text: string): this | undefined {
    if (text !== "" && !this.allows(text)) return undefined;
    this.push(text);
    return this;
  }
}

export function ownGrammar(state: GrammarState): ScriptedGrammar {
  if (!(state instanceof ScriptedGrammar)) throw new Error("the grammar is another engine's");
  return state;
}
