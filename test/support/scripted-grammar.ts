import { EngineFault, type GrammarState } from "../../src/engine/engine.js";

/** All that the scripted engine knows of GBNF: one rule, `root ::= "one text" | "another"`. Printable ASCII, spelled as JSON spells it too. */
const GRAMMAR = /^root ::= "(?:[^"\\]|\\.)*"(?: \| "(?:[^"\\]|\\.)*")*$/u;
const TEXT = /"(?:[^"\\]|\\.)*"/gu;

export class ScriptedGrammar implements GrammarState {
  readonly gbnf: string;
  readonly #texts: readonly string[];
  #text = "";

  /** @throws EngineFault */
  constructor(gbnf: string) {
    if (!GRAMMAR.test(gbnf)) throw new EngineFault("the grammar does not compile");
    this.gbnf = gbnf;
    this.#texts = (gbnf.match(TEXT) ?? []).map((text) => JSON.parse(text) as string);
  }

  /** Whether the output could end where it is. */
  get mayEnd(): boolean {
    return this.#texts.includes(this.#text);
  }

  allows(text: string): boolean {
    return text !== "" && this.#texts.some((whole) => whole.startsWith(this.#text + text));
  }

  push(text: string): void {
    this.#text += text;
  }
}

export function ownGrammar(state: GrammarState): ScriptedGrammar {
  if (!(state instanceof ScriptedGrammar)) throw new Error("the grammar is another engine's");
  return state;
}
