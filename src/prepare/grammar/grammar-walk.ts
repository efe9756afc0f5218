import type { CharsNode, Grammar, GrammarNode } from "./grammar-node.js";

/** What is still to be read, the next of it first: one of llama.cpp's stacks. Equal rests are one object. */
export interface Rest {
  readonly id: number;
  readonly node: GrammarNode;
  /** In a text, characters that are read; in a sequence, parts; in a repetition, times. */
  readonly done: number;
  /** undefined: the end of what the walk began with. */
  readonly then: Rest | undefined;
}

/** A place at which one more character is read. */
export interface Place {
  readonly id: number;
  readonly chars: CharsNode;
  readonly then: Rest | undefined;
}

/** More than any walk meets: it takes time for each. */
const MOST_RESTS = 2 ** 32;

/** Reads outputs of a grammar as llama.cpp does, in all ways at once. */
export class GrammarWalk {
  readonly #grammar: Grammar;
  readonly #rests = new Map<GrammarNode, Map<number, Rest>>();
  #nextId = 0;
  readonly #places = new Map<Rest, readonly Place[]>();
  readonly #placeAt = new Map<Rest, Place>();
  /** Steps that the walk has taken: what its time grows with. */
  steps = 0;

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
  }

  restOf(node: GrammarNode, done: number, then: Rest | undefined): Rest {
    let ofNode = this.#rests.get(node);
    if (ofNode === undefined) this.#rests.set(node, (ofNode = new Map<number, Rest>()));
    const key = done * MOST_RESTS + (then?.id ?? 0);
    const known = ofNode.get(key);
    if (known !== undefined) return known;
    this.#nextId += 1;
    const rest = { id: this.#nextId, node, done, then };
    ofNode.set(key, rest);
    return rest;
  }

  /** The places to which the rest may lead without reading a character. Nothing is told of what comes after its end. */
  placesOf(rest: Rest): readonly Place[] {
    const known = this.#places.get(rest);
    if (known !== undefined) return known;
    const places: Place[] = [];
    const seen = new Set<Rest>();
    const due: Rest[] = [rest];
    for (let next = due.pop(); next !== undefined; next = due.pop()) {
      this.steps += 1;
      if (seen.has(next)) continue;
      seen.add(next);
      const place = this.#enter(next, due);
      if (place !== undefined) places.push(place);
    }
    this.#places.set(rest, places);
    return places;
  }

  /** Puts what comes next on `due`, or returns the place that it is. */
  #enter(rest: Rest, due: Rest[]): Place | undefined {
    const { node, done, then } = rest;
    const push = (rest: Rest | undefined): void => {
      if (rest !== undefined) due.push(rest);
    };
    switch (node.type) {
      case "text": {
        const codePoint = node.text.codePointAt(done) ?? 0;
        const end = done + (codePoint > 0xffff ? 2 : 1);
        const chars: CharsNode = { type: "chars", ranges: [[codePoint, codePoint]], isNegated: false };
        return this.#place(rest, chars, end < node.text.length ? this.restOf(node, end, then) : then);
      }
      case "chars":
        return this.#place(rest, node, then);
      case "sequence": {
        const part = node.parts[done];
        if (part === undefined) push(then);
        else push(this.restOf(part, 0, done + 1 < node.parts.length ? this.restOf(node, done + 1, then) : then));
        return undefined;
      }
      case "choice":
        for (const option of node.options) push(this.restOf(option, 0, then));
        return undefined;
      case "repeat": {
        const isOptional = done >= node.min;
        const times = node.max === Infinity ? Math.min(done + 1, node.min) : done + 1;
        push(this.restOf(node.body, 0, times < node.max ? this.restOf(node, times, then) : then));
        if (isOptional) push(then);
        return undefined;
      }
      case "rule": {
        const rule = this.#grammar.get(node.name);
        if (rule !== undefined) push(this.restOf(rule, 0, then));
        return undefined;
      }
    }
  }

  #place(rest: Rest, chars: CharsNode, then: Rest | undefined): Place {
    const known = this.#placeAt.get(rest);
    if (known !== undefined) return known;
    const place = { id: rest.id, chars, then };
    this.#placeAt.set(rest, place);
    return place;
  }
}

export function matches({ ranges, isNegated }: CharsNode, codePoint: number): boolean {
  return ranges.some(([first, last]) => first <= codePoint && codePoint <= last) !== isNegated;
}

/** Whether a text of the node may begin with that character. */
export function mayBegin(grammar: Grammar, node: GrammarNode, char: string): boolean {
  const walk = new GrammarWalk(grammar);
  return walk.placesOf(walk.restOf(node, 0, undefined)).some(({ chars }) => matches(chars, char.codePointAt(0) ?? 0));
}
