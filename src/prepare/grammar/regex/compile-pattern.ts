import type { AST } from "@eslint-community/regexpp";
import { GrammarProblem } from "../rules/grammar-node.js";
import { type Automaton, productOf } from "./automaton.js";
import { CharacterSets } from "./character-sets.js";
import { ALL_CODE_POINTS } from "./code-point-set.js";
import { minimize } from "./minimize.js";
import type { PatternWork } from "./pattern-work.js";
import { readPattern } from "./read-pattern.js";
import { StateGraph } from "./state-graph.js";

export interface PatternOptions {
  /** Whether the match must be the whole text, as if anchors stood around the pattern. Otherwise a text matches that contains a match. */
  readonly isWhole: boolean;
  /** The texts that count. A small number of them keeps a pattern small that would grow too large by itself. */
  readonly among: Automaton | undefined;
  readonly work: PatternWork;
}

/**
 * The automaton of the texts that a pattern matches.
 * @throws GrammarProblem with the construct that is not supported, and its position
 */
export function automatonOf(pattern: string, { isWhole, among, work }: PatternOptions): Automaton {
  const { alternatives, characters } = readPattern(pattern);
  const { lookaheads, others } = splitLookaheads(alternatives, isWhole);
  const graph = new StateGraph(work);
  const compiler = new PatternCompiler(graph, new CharacterSets(characters), work);
  const any = graph.setNumber(ALL_CODE_POINTS);
  const start = isWhole
    ? compiler.choice(others, graph.textEnd)
    : graph.loop((before) => [compiler.choice(others, graph.anything), graph.char(any, before)]);
  let automaton = minimize(graph.determine(start, true));
  if (among !== undefined) automaton = minimize(productOf([among, automaton], (one, other) => one && other, work));
  for (const { alternatives: inside, negate } of lookaheads) {
    const ahead = minimize(graph.determine(compiler.choice(elementsOf(inside), graph.anything), true));
    automaton = minimize(productOf([automaton, ahead], (one, other) => one && other !== negate, work));
  }
  return automaton;
}

/** The elements of each alternative. */
type Alternatives = readonly (readonly AST.Element[])[];

function elementsOf(alternatives: readonly AST.Alternative[]): Alternatives {
  return alternatives.map(({ elements }) => elements);
}

/** Takes out the lookaheads at the beginning of the text, which hold for the whole text. */
function splitLookaheads(
  alternatives: readonly AST.Alternative[],
  isWhole: boolean,
): { lookaheads: readonly AST.LookaheadAssertion[]; others: Alternatives } {
  const [only, another] = elementsOf(alternatives);
  const [first] = only ?? [];
  const isAnchored = first?.type === "Assertion" && first.kind === "start";
  if (only === undefined || another !== undefined || !(isAnchored || isWhole)) {
    return { lookaheads: [], others: elementsOf(alternatives) };
  }
  const lookaheads: AST.LookaheadAssertion[] = [];
  const anchor = isAnchored ? [first] : [];
  const rest = only.slice(anchor.length);
  for (const element of rest) {
    if (element.type !== "Assertion" || element.kind !== "lookahead") break;
    lookaheads.push(element);
  }
  return { lookaheads, others: [[...anchor, ...rest.slice(lookaheads.length)]] };
}

/** Builds the states of a pattern from its end to its beginning. */
class PatternCompiler {
  readonly #graph: StateGraph;
  readonly #sets: CharacterSets;
  readonly #work: PatternWork;
  /** The sets by the text of their elements. */
  readonly #setNumbers = new Map<string, number>();
  /** The open repetitions around the element, whose states are not complete yet. */
  #openLoops = 0;

  constructor(graph: StateGraph, sets: CharacterSets, work: PatternWork) {
    this.#graph = graph;
    this.#sets = sets;
    this.#work = work;
  }

  /** The state in front of the alternatives, after which the text goes on at `next`. */
  choice(alternatives: Alternatives, next: number): number {
    const [first] = alternatives;
    if (first !== undefined && alternatives.length === 1) return this.#sequence(first, next);
    return this.#graph.branch(...alternatives.map((elements) => this.#sequence(elements, next)));
  }

  #sequence(elements: readonly AST.Element[], next: number): number {
    return elements.reduceRight((state, element) => this.#element(element, state), next);
  }

  #element(element: AST.Element, next: number): number {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
        return this.#graph.char(this.#setNumber(element), next);
      case "CapturingGroup":
        return this.choice(elementsOf(element.alternatives), next);
      case "Group":
        if (element.modifiers !== null) throw unsupported("modifiers", element);
        return this.choice(elementsOf(element.alternatives), next);
      case "Quantifier":
        return this.#repeat(element, next);
      case "Assertion":
        return this.#assertion(element, next);
      case "Backreference":
        throw unsupported("a backreference", element);
      case "ExpressionCharacterClass":
        throw unsupported("a class of the flag v", element);
    }
  }

  #setNumber(element: AST.Character | AST.CharacterSet | AST.CharacterClass): number {
    const known = this.#setNumbers.get(element.raw);
    if (known !== undefined) return known;
    const number = this.#graph.setNumber(this.#sets.of(element));
    this.#setNumbers.set(element.raw, number);
    return number;
  }

  #repeat({ element, min, max }: AST.Quantifier, next: number): number {
    if (max === Infinity) {
      this.#openLoops += 1;
      let state = this.#graph.loop((branch) => [this.#element(element, branch), next]);
      this.#openLoops -= 1;
      for (let round = 0; round < min; round += 1) {
        const before = this.#element(element, state);
        if (before === state) return state;
        state = before;
      }
      return state;
    }
    let state = next;
    for (let round = max; round > 0; round -= 1) {
      const before = this.#element(element, state);
      // An element without states, such as an empty group, would be repeated in vain.
      if (before === state) return state;
      state = round > min ? this.#graph.branch(before, next) : before;
    }
    return state;
  }

  #assertion(assertion: AST.Assertion, next: number): number {
    switch (assertion.kind) {
      case "start":
        return this.#graph.atBeginning(next);
      case "end":
        return this.#graph.atEnd(next);
      case "word":
        throw unsupported("a word boundary", assertion);
      case "lookbehind":
        throw unsupported("a lookbehind", assertion);
      case "lookahead":
        return this.#lookahead(assertion, next);
    }
  }

  /** The rest of the text is held to what stands inside the lookahead and to what follows it. */
  #lookahead(assertion: AST.LookaheadAssertion, next: number): number {
    if (this.#openLoops > 0) throw unsupported("a lookahead inside an open repetition", assertion);
    const inside = this.choice(elementsOf(assertion.alternatives), this.#graph.anything);
    if (this.#graph.beginsAtBeginning(inside) || this.#graph.beginsAtBeginning(next)) {
      throw unsupported("a lookahead beside an anchor ^ that comes later", assertion);
    }
    const ahead = minimize(this.#graph.determine(inside, false));
    const rest = minimize(this.#graph.determine(next, false));
    const holds = (one: boolean, other: boolean): boolean => one && other !== assertion.negate;
    return this.#graph.embed(minimize(productOf([rest, ahead], holds, this.#work)));
  }
}

function unsupported(what: string, { raw, start }: AST.Node): GrammarProblem {
  const shown = raw.length > 40 ? `${raw.slice(0, 40)}…` : raw;
  return new GrammarProblem(`has ${what}, ${shown}, at character ${start + 1}, which is not supported`);
}
