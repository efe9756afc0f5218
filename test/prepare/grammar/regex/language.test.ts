import assert from "node:assert/strict";
import fc from "fast-check";
import { codePointsOf } from "../../../../src/prepare/grammar/regex/unicode-property.js";
import { Language } from "../../../../src/prepare/grammar/regex/language.js";
import { GrammarProblem } from "../../../../src/prepare/grammar/rules/grammar-node.js";
import { Random } from "../../../support/random.js";
import { assertProblem } from "../grammar-problems.js";
import { randomPattern } from "./random-pattern.js";

const CHARS = Array.from('aAbzZ0_9é😀Ω漢"\\/-.@ \n\u2028\u0000\u007f');

describe("the language of a pattern", () => {
  it("has exactly the texts that RegExp matches", function () {
    this.timeout(60_000);
    let compiled = 0;
    let matching = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed);
        const pattern = randomPattern(random, { nests: true });
        const language = tryCompile(pattern);
        if (language === undefined) return;
        compiled += 1;
        const expression = new RegExp(pattern, "u");
        for (let number = 0; number < 30; number += 1) {
          const text = randomText(random);
          const matches = expression.test(text);
          matching += Number(matches);
          assert.equal(language.has(text), matches, `${JSON.stringify(text)} against ${pattern}`);
        }
      }),
      { numRuns: 1_500 },
    );
    assert.ok(compiled > 1_000, `only ${compiled} patterns were compiled`);
    assert.ok(matching > 3_000, `only ${matching} texts matched`);
  });

  it("is read without the flag u where the pattern is valid without it alone", () => {
    const language = Language.ofPattern("^[\\w-.]\\-.$");
    assert.ok(language.has(".-a"));
    assert.ok(language.has("--é"));
    assert.ok(!language.has(".-😀"), "a character beyond U+FFFF is two characters without the flag u");
  });

  it("matches the whole text where that is asked for", () => {
    const language = Language.ofPattern("a|bc", { isWhole: true });
    assert.deepEqual(
      ["a", "bc", "ab", "xa", ""].map((text) => language.has(text)),
      [true, true, false, false, false],
    );
  });

  it("follows a lookahead where the pattern does not repeat it", () => {
    const password = Language.ofPattern("^(?=.*[A-Z])(?=.*\\d)(?!.*\\s).{4,}$");
    assert.ok(password.has("aB3x"));
    for (const text of ["aB3", "ab3x", "aBxx", "aB3 x"]) assert.ok(!password.has(text), text);
    const account = Language.ofPattern("^[A-Z]{2}(?!00|01|99)\\d{2}$");
    assert.ok(account.has("DE02"));
    assert.ok(!account.has("DE99"));
  });

  it("names the construct that is not supported, and its position", () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ["a\\b", /^has a word boundary, \\b, at character 2, which is not supported$/],
      ["(a)\\1", /^has a backreference, \\1, at character 4, /],
      ["(?<=a)b", /^has a lookbehind, \(\?<=a\), at character 1, /],
      ["^(?:(?!a).)*$", /^has a lookahead inside an open repetition, \(\?!a\), at character 5, /],
      ["(?=a)^b", /^has a lookahead beside an anchor \^ that comes later, \(\?=a\), at character 1, /],
      ["(?i:a)", /^has modifiers, \(\?i:a\), at character 1, /],
      ["(a", /^is not a regular expression: Unterminated group at character 3$/],
      ["\\p{Nonsense}(", /^is not a regular expression: Invalid property name at character /],
      [`${"(".repeat(101)}a${")".repeat(101)}`, /^has groups nested more than 100 deep at character 101, /],
      ["a".repeat(65_537), /^has 65537 characters; at most 65536 are allowed$/],
      ["^.{0,100000}$", /^is longer than 40000 states with its repetitions written out, which is the bound$/],
      ["[ab]a[ab]{20}", /^needs more than 16384 states, which is the bound/],
    ];
    for (const [pattern, description] of refused) assertProblem(() => Language.ofPattern(pattern), description);
  });

  it("compiles or refuses patterns that take RegExp for ever within a second", function () {
    this.timeout(60_000);
    for (const pattern of HOSTILE) {
      const startMs = performance.now();
      tryCompile(pattern);
      const ms = performance.now() - startMs;
      assert.ok(ms < 2_000, `${pattern} took ${ms} ms`);
    }
    assert.equal(Language.ofPattern("^(a+)+$").automaton.accepts.length, 2);
    assert.equal(Language.ofPattern("^(a|aa)*$").automaton.accepts.length, 1);
  });
});

describe("Language", () => {
  const key = Language.ofPattern("^[a-z]+$");

  it("tells whether texts are in two languages", () => {
    assert.ok(key.overlaps(Language.ofPattern("^x-|y$")));
    assert.ok(!key.overlaps(Language.ofPattern("^x-")));
    assert.ok(Language.ofPattern("a").overlaps(Language.ofPattern("b")));
    assert.ok(!Language.ofPattern("^a").overlaps(Language.ofPattern("^b")));
    assert.ok(Language.ofPattern("^ab$").isWithin(key));
    assert.ok(!key.isWithin(Language.ofPattern("^ab$")));
  });

  it("leaves texts out, and is empty without any", () => {
    const other = Language.everything().except(["id", "name", "", "é😀"]);
    for (const text of ["id", "name", "", "é😀"]) assert.ok(!other.has(text), text);
    for (const text of ["i", "ids", "nam", "names", "é", "😀"]) assert.ok(other.has(text), text);
    const two = Language.ofTexts(["a", "b"]);
    assert.ok(!two.except(["a"]).isEmpty);
    assert.ok(two.except(["b", "a"]).isEmpty);
    assert.ok(Language.ofPattern("^a$b").isEmpty);
  });

  it("counts lengths in code points", () => {
    const counted = Language.ofPattern("^[a😀]+$").withLength({ min: 2, max: 3 });
    assert.deepEqual(
      ["a", "a😀", "😀😀😀", "aaaa"].map((text) => counted.has(text)),
      [false, true, true, false],
    );
    const most = Language.ofPattern("^a{500,}$").withLength({ min: 0, max: 60_000 });
    assert.ok(most.has("a".repeat(500)), "the shortest texts are kept where not all lengths can be counted");
    assert.ok(!most.has("a".repeat(60_001)));
    assert.ok(Language.ofPattern("^a{5}$").withLength({ min: 6, max: Infinity }).isEmpty);
  });

  it("keeps the characters of a set alone", () => {
    const digits = Language.ofPattern("x|^\\d$").within([[0x30, 0x39]]);
    assert.ok(digits.has("5"));
    assert.ok(!digits.has("5x"));
  });
});

describe("the code points of a Unicode property", () => {
  it("are those that RegExp matches", function () {
    this.timeout(60_000);
    for (const property of [
      "L",
      "Cn",
      "Any",
      "Noncharacter_Code_Point",
      "Script=Han",
      "Emoji",
      "Default_Ignorable_Code_Point",
    ]) {
      const expression = new RegExp(`\\p{${property}}`, "u");
      const ranges = codePointsOf(property);
      let at = 0;
      for (let point = 0; point <= 0x10ffff; point += 1) {
        if (point >= 0xd800 && point < 0xe000) continue;
        while ((ranges[at]?.[1] ?? Infinity) < point) at += 1;
        const isListed = (ranges[at]?.[0] ?? Infinity) <= point;
        if (isListed !== expression.test(String.fromCodePoint(point))) {
          assert.fail(`U+${point.toString(16)} of ${property}`);
        }
      }
    }
  });
});

const HOSTILE = [
  "(a+)+$",
  "^(a|aa)*$",
  "(x+x+)+y",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "(.*a){20}",
  "^(a{1,100}){1,100}$",
  "(((a{1,9}){1,9}){1,9}){1,9}",
  "^(?:a?){1000}a{1000}$",
  "(?:){4294967295}",
  "((?:a|b){1000000}){1000000}",
  "^.{0,5000}$",
  `^(?:${Array.from({ length: 500 }, (_, index) => `word${index}\\d{0,9}`).join("|")})$`,
  `[${Array.from({ length: 3_000 }, (_, index) => String.fromCodePoint(0x4e00 + 2 * index)).join("")}]{9}`,
  Array.from({ length: 3_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join("|"),
  "\\p{Lu}\\p{Ll}\\p{Lt}\\p{Lm}\\p{Lo}\\p{Mn}\\p{Mc}\\p{Nd}\\p{Nl}\\p{Pc}\\p{Pd}\\p{Sm}\\p{Sc}",
  `^${"(?=.*a)".repeat(12)}.{0,300}$`,
  `^${"(?=.*[a-m])(?!.*[n-z]{3})".repeat(10)}.{0,300}$`,
];

function tryCompile(pattern: string): Language | undefined {
  try {
    return Language.ofPattern(pattern);
  } catch (error) {
    assert.ok(error instanceof GrammarProblem, String(error));
    return undefined;
  }
}

function randomText(random: Random): string {
  return Array.from({ length: Math.floor(random.below(6)) }, () => random.pick(CHARS)).join("");
}
