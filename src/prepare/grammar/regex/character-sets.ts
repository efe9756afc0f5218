import type { AST } from "@eslint-community/regexpp";
import { type CharRange, GrammarProblem } from "../rules/grammar-node.js";
import { type CodePointSet, differenceOf, intersectionOf, unionOf } from "./code-point-set.js";
import { codePointsOf } from "./unicode-property.js";

const DIGITS: CodePointSet = [[0x30, 0x39]];
const WORD: CodePointSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const SPACE: CodePointSet = [
  [0x9, 0xd],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_ENDS: CodePointSet = [
  [0xa, 0xa],
  [0xd, 0xd],
  [0x2028, 0x2029],
];
/** Finding the code points of a property takes some ten milliseconds. */
const MAX_PROPERTIES = 12;

/** The sets of characters of one pattern. */
export class CharacterSets {
  readonly #all: CodePointSet;
  readonly #properties = new Set<string>();

  /** @param all the characters that the pattern tells apart */
  constructor(all: CodePointSet) {
    this.#all = all;
  }

  /** The characters that a single element of the pattern matches. */
  of(element: AST.Character | AST.CharacterSet | AST.CharacterClass): CodePointSet {
    switch (element.type) {
      case "Character":
        return this.#among([[element.value, element.value]]);
      case "CharacterSet":
        return this.#named(element);
      case "CharacterClass": {
        const listed = unionOf(element.elements.flatMap((member) => this.#member(member)));
        return element.negate ? differenceOf(this.#all, listed) : listed;
      }
    }
  }

  #member(member: AST.CharacterClassElement): readonly CharRange[] {
    switch (member.type) {
      case "Character":
      case "CharacterSet":
        return this.of(member);
      case "CharacterClassRange":
        return this.#among([[member.min.value, member.max.value]]);
      default:
        throw new GrammarProblem(`has ${member.raw} at character ${member.start + 1}, which is not supported`);
    }
  }

  #named(set: AST.CharacterSet): CodePointSet {
    if (set.kind === "any") return differenceOf(this.#all, LINE_ENDS);
    const members =
      set.kind === "property" ? this.#property(set) : { digit: DIGITS, word: WORD, space: SPACE }[set.kind];
    return set.negate ? differenceOf(this.#all, members) : this.#among(members);
  }

  #property({ key, value, raw, start }: AST.UnicodePropertyCharacterSet): CodePointSet {
    const property = value === null ? key : `${key}=${value}`;
    this.#properties.add(property);
    if (this.#properties.size > MAX_PROPERTIES) {
      throw new GrammarProblem(
        `has ${raw} at character ${start + 1}; at most ${MAX_PROPERTIES} different Unicode properties are allowed`,
      );
    }
    return codePointsOf(property);
  }

  #among(ranges: CodePointSet): CodePointSet {
    return intersectionOf(ranges, this.#all);
  }
}
