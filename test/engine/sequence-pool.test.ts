import assert from "node:assert/strict";
import type { EngineSequence } from "../../src/engine/engine.js";
import { SequencePool } from "../../src/engine/sequence-pool.js";
import { ScriptedEngine } from "../support/scripted-engine.js";

const prompt = (text: string): Uint32Array => Uint32Array.from(Buffer.from(text));

async function fill(engine: ScriptedEngine, sequence: EngineSequence, text: string): Promise<void> {
  await sequence.trim(0);
  await engine.step({ pulls: [], prefills: [{ sequence, tokenIds: prompt(text) }] });
}

async function poolHolding(...texts: string[]): Promise<{ pool: SequencePool; sequences: readonly EngineSequence[] }> {
  const engine = new ScriptedEngine({ sequences: texts.length });
  for (const [index, text] of texts.entries()) {
    const sequence = engine.sequences[index];
    if (sequence !== undefined && text !== "") await fill(engine, sequence, text);
  }
  return { pool: new SequencePool(engine.sequences), sequences: engine.sequences };
}

describe("sequence pool", () => {
  it("chooses the sequence that shares the longest beginning", async () => {
    const { pool, sequences } = await poolHolding("abx", "abcd", "zzz");
    const lease = await pool.lease(prompt("abcdef"));
    assert.equal(lease.sequence, sequences[1]);
    assert.equal(lease.reusedTokens, 4);
  });

  it("cuts it back to what is shared", async () => {
    const { pool } = await poolHolding("abcxyz");
    const lease = await pool.lease(prompt("abcdef"));
    assert.equal(lease.reusedTokens, 3);
    assert.deepEqual(lease.sequence.tokens(), [...Buffer.from("abc")]);
  });

  it("leaves the last token of the prompt to evaluate", async () => {
    const { pool } = await poolHolding("abcdef");
    assert.equal((await pool.lease(prompt("abc"))).reusedTokens, 2);
  });

  it("takes the least recently used where none shares more than another", async () => {
    const { pool, sequences } = await poolHolding("a", "b", "c");
    const first = await pool.lease(prompt("x"));
    assert.equal(first.sequence, sequences[0]);
    first[Symbol.dispose]();
    assert.equal((await pool.lease(prompt("y"))).sequence, sequences[1]);
  });

  it("lends a sequence to one run at a time, also when a lease is given back twice", async () => {
    const { pool } = await poolHolding("", "");
    const first = await pool.lease(prompt("x"));
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const lent = [await pool.lease(prompt("a")), await pool.lease(prompt("b"))];
    assert.equal(new Set(lent.map(({ sequence }) => sequence)).size, 2);
    assert.equal(pool.hasFree, false);
    await assert.rejects(pool.lease(prompt("c")), /no sequence is free/);
  });
});
