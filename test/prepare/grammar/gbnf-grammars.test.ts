import assert from "node:assert/strict";
import { compileConstraint } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { assertProblem } from "./grammar-problems.js";
import { NativeGrammars } from "./native-grammars.js";

const compile = (grammar: string): { gbnf: string; prefixFree: boolean } =>
  compileConstraint({ type: "gbnf", grammar }, DEFAULT_GRAMMAR_BOUNDS);

describe("a grammar that the caller writes", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  const samples: readonly (readonly [grammar: string, allowed: readonly string[], refused: readonly string[]])[] = [
    ['root ::= "yes" | "no" # or so', ["yes", "no"], ["", "yesno", "maybe"]],
    ['# first\n\nroot ::= (\n  "a" # here\n  | "b"\n)+ "!"', ["a!", "abba!"], ["!", "ab"]],
    ["root ::= [a-c\\]\\x41-]{2,3} [^0-9] .", ["b]-x\n", "]AA.é"], ["a1", "abcd9x"]],
    ['root ::= item{2} item? item*\nitem ::= "- " [^\\n]+ "\\n"', ["- a\n- b\n"], ["- a\n", "- a\n\n- b\n"]],
    ['root ::= "\\"" "\\u00e9\\U0001F600\\t" "漢"', ['"é😀\t漢'], ['"e😀\t漢']],
    ['root ::= ("a" "b"){3} ("c"{2}){1,2}', ["abababcc", "abababcccc"], ["ababcc", "abababccc"]],
    ['root ::=\n  "a" |\n  "b"\r\nother ::= "c"', ["a", "b"], ["c"]],
    ['root ::= "(" root ")" | "x"', ["x", "((x))"], ["(x", "()"]],
    ['root ::= "" "a"{0} "b"', ["b"], ["ab"]],
    ['root ::= [^\\U0010FFFF] | [^\\U0010FFFF] "x"', ["a", "ax"], ["\u{10FFFF}"]],
    ['root ::= a b\na ::=\n  "" | "x"\nb ::= "y" |', ["", "xy"], ["yx"]],
  ];
  for (const [grammar, allowed, refused] of samples) {
    it(`means after our reading what llama.cpp reads: ${JSON.stringify(grammar)}`, () => {
      const ours = native.compile(compile(grammar).gbnf);
      const theirs = native.compile(grammar);
      for (const text of allowed) assert.deepEqual([text, ours.allows(text), theirs.allows(text)], [text, true, true]);
      for (const text of refused)
        assert.deepEqual([text, ours.allows(text), theirs.allows(text)], [text, false, false]);
    });
  }

  const ends: readonly (readonly [grammar: string, prefixFree: boolean])[] = [
    ['root ::= "yes" | "no"', true],
    ['root ::= "yes" | "yes!"', false],
    ['root ::= "a"+', false],
    ['root ::= "a"{3}', true],
    ['root ::= [a-z]+ "."', true],
    ['root ::= "a" "b"?', false],
    ['root ::= "(" root ")" | "x"', true],
    ['root ::= line\nline ::= [a-z]* "\\n" | "."', true],
    ['root ::= [a-z]* "b"', false],
  ];
  for (const [grammar, prefixFree] of ends) {
    it(`knows that an output ${prefixFree ? "never" : "may"} go on where it could end: ${grammar}`, () => {
      assert.equal(compile(grammar).prefixFree, prefixFree);
    });
  }

  const refused: readonly (readonly [why: string, grammar: string, description: RegExp])[] = [
    [
      "groups in groups beyond the bound",
      `root ::= ${"(".repeat(20_000)}"a"`,
      /groups nested more than 32 deep \(line 1, column \d+\)/,
    ],
    ["repetitions of what may be empty", 'root ::= ("b"{0,300}){0,300}', /repeats something that can be empty/],
    ["repetitions of a rule that may be empty", 'root ::= a* "x"\na ::= b b\nb ::= "y" |', /the rule root repeats/],
    ["more repetitions than the bound", 'root ::= "a"{0,3000}', /asks for 3000 repetitions; at most 2000 are allowed/],
    ["fewer at most than at least", 'root ::= "a"{3,1}', /at least 3 and at most 1/],
    [
      "more symbols than the bound",
      `root ::= (${'[b-z]{2000} "a" '.repeat(20)})`,
      /compiles to \d+ symbols .*; at most 65536 are allowed/,
    ],
    ["more rules than the bound", `root ::= "a"\n${manyRules(4_100)}`, /has more than 4096 rules/],
    [
      "more groups than the bound",
      `root ::= ${'("a" | "b") '.repeat(4_100)}`,
      /compiles to 4101 rules; at most 4096 are allowed/,
    ],
    ["more bytes than the bound", `root ::= "${"a".repeat(65_536)}"`, /has 65547 bytes; at most 65536 are allowed/],
    ["left recursion", 'root ::= root "a" | "b"', /the rule root begins with itself/],
    [
      "left recursion that llama.cpp overlooks",
      'root ::= a root "y" | "x"\na ::= b\nb ::= "z" |',
      /begins with itself/,
    ],
    ["a rule that is not there", "root ::= other", /the rule root refers to the rule other, which is not defined/],
    ["no root", 'other ::= "a"', /has no rule root/],
    ["a rule that never ends", 'root ::= "a" root', /the rule root never ends/],
    ["a rule that is there twice", 'root ::= "a"\nroot ::= "b"', /defines the rule root twice \(line 2, column 5\)/],
    ["a literal of a token", 'root ::= <think> "a"', /token literal, which is not supported/],
    ["an unknown escape", 'root ::= "\\q"', /unknown escape/],
    ["an open literal", 'root ::= "abc', /ends inside a literal/],
    ["an empty class", "root ::= []", /empty character class/],
    ["a range the wrong way round", "root ::= [z-a]", /character range whose end comes before its beginning/],
    [
      "ways that multiply with each character",
      'root ::= ("a" | "a")* "b"',
      /parses \d+ characters in \d+ ways; at most 64 are allowed/,
    ],
    [
      "ways that multiply slowly",
      'root ::= "abcdefgh" root ")" | "abcdefgh" root "]" | "x"',
      /parses \d+ characters in \d+ ways/,
    ],
    ["repetitions in repetitions", 'root ::= ("-"+)+ "x"', /parses \d+ characters in \d+ ways/],
    ["long chains of what may be left out", `root ::= ${'"a"? '.repeat(60)}`, /parses \d+ characters in \d+ ways/],
    ["too many ways on", `root ::= ${manyChars(200)}`, /has 200 alternatives at one position; at most 64 are allowed/],
    ["rules that end with rules without end", endingRules(2_000), /ends with rules nested more than 512 deep/],
    ["garbage", "root = a", /has no ::= after root/],
    ["nothing", "", /has no rule root/],
  ];
  for (const [why, grammar, description] of refused) {
    it(`is refused for ${why}`, () => assertProblem(() => compile(grammar), description));
  }
});

function manyRules(count: number): string {
  return Array.from({ length: count }, (_, index) => `r${index} ::= "a"\n`).join("");
}

function endingRules(count: number): string {
  const rules = Array.from({ length: count }, (_, index) => `r${index} ::= "a" r${index + 1}\n`);
  return `root ::= r0 "b"\n${rules.join("")}r${count} ::= "c"\n`;
}

function manyChars(count: number): string {
  return Array.from({ length: count }, (_, index) => `"${String.fromCodePoint(0x4e00 + index)}"`).join(" | ");
}
