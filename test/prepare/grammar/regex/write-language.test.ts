import assert from "node:assert/strict";
import fc from "fast-check";
import { compileConstraint, finishGrammar } from "../compile-now.js";
import { writeJsonString } from "../../../../src/prepare/grammar/json/language-string.js";
import { Language } from "../../../../src/prepare/grammar/regex/language.js";
import { writeText } from "../../../../src/prepare/grammar/regex/write-language.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../../src/prepare/grammar/rules/grammar-bounds.js";
import { EMPTY, GrammarProblem, type GrammarNode } from "../../../../src/prepare/grammar/rules/grammar-node.js";
import { RuleBook } from "../../../../src/prepare/grammar/rules/rule-book.js";
import { Random } from "../../../support/random.js";
import { assertProblem } from "../grammar-problems.js";
import { type NativeGrammar, NativeGrammars } from "../native-grammars.js";
import { Sentences } from "../sentences.js";
import { randomPattern } from "./random-pattern.js";

const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, symbols: 500_000 };
const CHARS = Array.from('aAbz09é😀Ω"\\/-.@ \n');

describe("the grammar of a language", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  it("allows the texts that RegExp matches as JSON strings, and no others", function () {
    this.timeout(120_000);
    overPatterns({}, writeJsonString, ({ expression, sentence, allows, text }) => {
      const value: unknown = JSON.parse(sentence);
      assert.ok(typeof value === "string" && matches(expression, value), `${sentence} does not match ${expression}`);
      assert.ok(allows(sentence), `llama.cpp does not allow ${sentence} for ${expression}`);
      const string = JSON.stringify(text);
      assert.equal(allows(string), expression.test(text), `${string} and ${expression}`);
    });
  });

  it("allows the texts that RegExp matches as a whole, and no others", function () {
    this.timeout(120_000);
    overPatterns({ isWhole: true }, writeText, ({ expression, sentence, allows, text }) => {
      const whole = new RegExp(`^(?:${expression.source})$`, "u");
      assert.ok(matches(whole, sentence), `${JSON.stringify(sentence)} does not match ${whole}`);
      assert.ok(allows(sentence), `llama.cpp does not allow ${JSON.stringify(sentence)} for ${whole}`);
      assert.equal(allows(text), whole.test(text), `${JSON.stringify(text)} and ${whole}`);
    });
  });

  it("has as few rules as parts that branch", () => {
    assert.equal(gbnfOf("^[A-Z]{3}-\\d{4}$"), 'root ::= "\\x22" json\njson ::= [A-Z]{3} "\\x2D" [0-9]{4} "\\x22"\n');
    assert.equal(gbnfOf("^[a-z]{1,500}$"), 'root ::= "\\x22" json\njson ::= [a-z] [a-z]{0,499} "\\x22"\n');
    assert.equal(
      gbnfOf("^[a-z]{2500}$")
        .match(/\[a-z\]\{\d+\}/g)
        ?.join(" "),
      "[a-z]{1000} [a-z]{1000} [a-z]{500}",
    );
    assert.equal(gbnfOf("^a+$").match(/::=/g)?.length, 3);
  });

  it("counts long tails in blocks that llama.cpp can count", () => {
    const grammar = native.compile(gbnfOf("^[ab]{3,3600}$"));
    for (const length of [3, 1_000, 1_003, 1_004, 2_602, 3_599, 3_600]) {
      assert.ok(grammar.allows(`"${"ab".repeat(length / 2)}${length % 2 === 1 ? "a" : ""}"`), `${length} characters`);
    }
    for (const length of [0, 2, 3_601]) assert.ok(!grammar.allows(`"${"a".repeat(length)}"`), `${length} characters`);
  });

  it("takes few symbols for long counts of large sets", () => {
    const compile = (pattern: string): string =>
      compileConstraint({ type: "regex", pattern }, DEFAULT_GRAMMAR_BOUNDS).gbnf;
    assert.ok(native.compile(compile("[\\s\\S]{1,10000}")).allows("é\n".repeat(4_999)));
    assert.ok(native.compile(compile("\\p{L}{1,400}")).allows("éa".repeat(200)));
  });

  it("leaves all escapes free where any text may follow", () => {
    const grammar = native.compile(gbnfOf("^a"));
    for (const text of ['"a"', '"a\\u00e9\\/"', '"aé\\n"']) assert.ok(grammar.allows(text), text);
    for (const text of ['"\\u0061"', '"b"', '"a\n"', '"a\\ud83d\\ude00"']) assert.ok(!grammar.allows(text), text);
  });

  it("holds one copy of a language and of a large class", () => {
    const book = new RuleBook();
    const write = (): GrammarNode => writeJsonString(book, Language.ofPattern("^\\p{L}{2,3}-\\p{L}+$"));
    const node = write();
    const rules = book.rules.size;
    assert.deepEqual(write(), node);
    assert.equal(book.rules.size, rules);
    assert.equal([...book.rules.keys()].filter((name) => name.startsWith("chars-")).length, 1);
  });

  it("tells whether a text may be the beginning of another", () => {
    const isPrefixFree = (pattern: string): boolean => compileConstraint({ type: "regex", pattern }, bounds).prefixFree;
    for (const pattern of ["\\d{4}", "yes|no", "[a-z]+!", "(a|b){3}"]) assert.ok(isPrefixFree(pattern), pattern);
    for (const pattern of ["\\d+", "a|ab", "\\d{1,4}", "(ab)*"]) assert.ok(!isPrefixFree(pattern), pattern);
  });

  it("is refused where no output has a text of the language", () => {
    assertProblem(() => gbnfOf("^a$b"), /^matches no text$/);
    assertProblem(() => gbnfOf("[]"), /^matches no text$/);
    const compile = (pattern: string): unknown => compileConstraint({ type: "regex", pattern }, bounds);
    assertProblem(() => compile("\\0"), /^matches no text$/);
    assertProblem(() => compile("(?:)|^$"), /^matches no text apart from the empty one$/);
  });

  function overPatterns(
    options: { isWhole?: boolean },
    write: (book: RuleBook, language: Language) => GrammarNode,
    check: (sample: { expression: RegExp; sentence: string; text: string; allows: (text: string) => boolean }) => void,
  ): void {
    let written = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed);
        const pattern = randomPattern(random, { nests: true });
        const book = new RuleBook();
        let grammar: NativeGrammar;
        try {
          book.define("root", EMPTY);
          book.define("root", write(book, Language.ofPattern(pattern, options)));
          grammar = native.compile(finishGrammar(book.rules, bounds, { branchings: [] }).gbnf);
        } catch (error) {
          assert.ok(error instanceof GrammarProblem, String(error));
          return;
        }
        written += 1;
        const sentences = new Sentences(book.rules, random);
        const expression = new RegExp(pattern, "u");
        for (let number = 0; number < 6; number += 1) {
          const text = Array.from({ length: random.below(5) }, () => random.pick(CHARS)).join("");
          check({ expression, sentence: sentences.next(), text, allows: (output) => grammar.allows(output) });
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(written > 300, `only ${written} patterns were written`);
  }
});

/** RegExp may take for ever on a longer text, which then counts as a match. */
function matches(expression: RegExp, text: string): boolean {
  return text.length > 20 || expression.test(text);
}

function gbnfOf(pattern: string): string {
  const book = new RuleBook();
  book.define("root", EMPTY);
  book.define("root", writeJsonString(book, Language.ofPattern(pattern)));
  return finishGrammar(book.rules, bounds, { branchings: [] }).gbnf.replace(/json-[0-9a-f]{16}/g, "json");
}
