import assert from "node:assert/strict";
import { CompiledGrammars } from "../../../src/prepare/grammar/compiled-grammars.js";
import type { CompiledGrammar } from "../../../src/prepare/grammar/finish-grammar.js";
import { GrammarProblem } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { runJob } from "../run-job.js";
import { assertProblem } from "./grammar-problems.js";

describe("CompiledGrammars", () => {
  const grammar = (gbnf: string) =>
    function* (): Generator<undefined, CompiledGrammar> {
      yield;
      return { gbnf, prefixFree: true, notHeld: [] };
    };
  const get = (grammars: CompiledGrammars, request: string, compile: ReturnType<typeof grammar>): CompiledGrammar =>
    runJob(grammars.of("").get(request, compile)).value;

  it("compiles what another tenant has sent already", () => {
    let compilations = 0;
    const grammars = new CompiledGrammars(() => {});
    const compile = (): ReturnType<ReturnType<typeof grammar>> => {
      compilations++;
      return grammar('root ::= "a"')();
    };
    for (const tenant of ["one", "two", "one"]) runJob(grammars.of(tenant).get("a", compile));
    assert.equal(compilations, 2);
  });

  it("makes and compiles what is asked for once", () => {
    const compiled: string[] = [];
    const grammars = new CompiledGrammars((gbnf) => compiled.push(gbnf));
    assert.equal(get(grammars, "a", grammar("one")).gbnf, "one");
    assert.equal(get(grammars, "a", grammar("other")).gbnf, "one");
    assert.deepEqual(compiled, ["one"]);
  });

  it("remembers what was refused, by us or by llama.cpp", () => {
    let tries = 0;
    const grammars = new CompiledGrammars(() => {
      tries += 1;
      throw new GrammarProblem("is bad", "[2]");
    });
    for (let time = 0; time < 2; time += 1) assertProblem(() => get(grammars, "a", grammar("x")), /^is bad$/, "[2]");
    assert.equal(tries, 1);
  });

  it("does not remember what went wrong otherwise", () => {
    let tries = 0;
    const grammars = new CompiledGrammars(() => {
      tries += 1;
      throw new TypeError("broken");
    });
    for (let time = 0; time < 2; time += 1) assert.throws(() => get(grammars, "a", grammar("x")), TypeError);
    assert.equal(tries, 2);
  });

  it("forgets what was used least recently beyond its number", () => {
    const grammars = new CompiledGrammars(() => {}, { entries: 2, bytes: 1e6 });
    get(grammars, "a", grammar("a"));
    get(grammars, "b", grammar("b"));
    get(grammars, "a", grammar("changed"));
    get(grammars, "c", grammar("c"));
    assert.equal(grammars.entries, 2);
    assert.equal(get(grammars, "a", grammar("changed")).gbnf, "a");
    assert.equal(get(grammars, "b", grammar("changed")).gbnf, "changed");
  });

  it("counts a request once that two jobs compile at the same time", () => {
    const compiled: string[] = [];
    const grammars = new CompiledGrammars((gbnf) => compiled.push(gbnf));
    const jobs = [1, 2].map(() => grammars.of("").get("a", grammar("one")));
    for (const job of jobs) job.next();
    for (const job of jobs) runJob(job);
    assert.deepEqual(compiled, ["one", "one"]);
    const { bytes } = grammars;
    const alone = new CompiledGrammars(() => {});
    get(alone, "a", grammar("one"));
    assert.deepEqual([grammars.entries, bytes], [1, alone.bytes]);
  });

  it("holds no more bytes than it may, and not at all what is more by itself", () => {
    const grammars = new CompiledGrammars(() => {}, { entries: 100, bytes: 2_000 });
    for (let index = 0; index < 10; index += 1) get(grammars, `${index}`, grammar("x".repeat(500)));
    assert.equal(grammars.entries, 2);
    assert.ok(grammars.bytes <= 2_000);
    get(grammars, "huge", grammar("x".repeat(5_000)));
    assert.equal(grammars.entries, 2);
  });
});
