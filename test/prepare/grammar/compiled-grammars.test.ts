import assert from "node:assert/strict";
import { CompiledGrammars } from "../../../src/prepare/grammar/compiled-grammars.js";
import type { CompiledGrammar } from "../../../src/prepare/grammar/finish-grammar.js";
import { GrammarProblem } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { assertProblem } from "./grammar-problems.js";

describe("CompiledGrammars", () => {
  const grammar = (gbnf: string) => (): CompiledGrammar => ({ gbnf, prefixFree: true, notHeld: [] });

  it("compiles what another tenant has sent already", () => {
    let compilations = 0;
    const grammars = new CompiledGrammars(() => {});
    const compile = (): CompiledGrammar => {
      compilations++;
      return { gbnf: 'root ::= "a"', prefixFree: true, notHeld: [] };
    };
    for (const tenant of ["one", "two", "one"]) grammars.of(tenant).get("a", compile);
    assert.equal(compilations, 2);
  });

  it("makes and compiles what is asked for once", () => {
    const compiled: string[] = [];
    const grammars = new CompiledGrammars((gbnf) => compiled.push(gbnf));
    assert.equal(grammars.of("").get("a", grammar("one")).gbnf, "one");
    assert.equal(grammars.of("").get("a", grammar("other")).gbnf, "one");
    assert.deepEqual(compiled, ["one"]);
  });

  it("remembers what was refused, by us or by llama.cpp", () => {
    let tries = 0;
    const grammars = new CompiledGrammars(() => {
      tries += 1;
      throw new GrammarProblem("is bad", "[2]");
    });
    for (let time = 0; time < 2; time += 1)
      assertProblem(() => grammars.of("").get("a", grammar("x")), /^is bad$/, "[2]");
    assert.equal(tries, 1);
  });

  it("does not remember what went wrong otherwise", () => {
    let tries = 0;
    const grammars = new CompiledGrammars(() => {
      tries += 1;
      throw new TypeError("broken");
    });
    for (let time = 0; time < 2; time += 1) assert.throws(() => grammars.of("").get("a", grammar("x")), TypeError);
    assert.equal(tries, 2);
  });

  it("forgets what was used least recently beyond its number", () => {
    const grammars = new CompiledGrammars(() => {}, { entries: 2, bytes: 1e6 });
    grammars.of("").get("a", grammar("a"));
    grammars.of("").get("b", grammar("b"));
    grammars.of("").get("a", grammar("changed"));
    grammars.of("").get("c", grammar("c"));
    assert.equal(grammars.entries, 2);
    assert.equal(grammars.of("").get("a", grammar("changed")).gbnf, "a");
    assert.equal(grammars.of("").get("b", grammar("changed")).gbnf, "changed");
  });

  it("holds no more bytes than it may, and not at all what is more by itself", () => {
    const grammars = new CompiledGrammars(() => {}, { entries: 100, bytes: 2_000 });
    for (let index = 0; index < 10; index += 1) grammars.of("").get(`${index}`, grammar("x".repeat(500)));
    assert.equal(grammars.entries, 2);
    assert.ok(grammars.bytes <= 2_000);
    grammars.of("").get("huge", grammar("x".repeat(5_000)));
    assert.equal(grammars.entries, 2);
  });
});
