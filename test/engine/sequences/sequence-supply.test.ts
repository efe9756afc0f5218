import assert from "node:assert/strict";
import type { EngineSequence, SavedState } from "../../../src/engine/engine.js";
import type { CacheKey, ShelvedPrefix } from "../../../src/engine/sequences/prefix-shelf.js";
import { SequencePool } from "../../../src/engine/sequences/sequence-supply.js";
import { ScriptedEngine } from "../../support/scripted-engine.js";

const tokensOf = (text: string): Uint32Array => Uint32Array.from(Buffer.from(text));

const prompt = (text: string, scope = ""): CacheKey => ({ scope, tokens: tokensOf(text) });

async function fill(engine: ScriptedEngine, sequence: EngineSequence, text: string): Promise<void> {
  await sequence.trim(0);
  await engine.step({ pulls: [], prefills: [{ sequence, tokenIds: tokensOf(text) }] });
}

async function poolHolding(...texts: string[]): Promise<{
  pool: SequencePool;
  sequences: readonly EngineSequence[];
  engine: ScriptedEngine;
  rescued: string[];
}> {
  const engine = new ScriptedEngine({ sequences: texts.length });
  const rescued: string[] = [];
  const pool = new SequencePool({
    sequences: engine.sequences,
    restore: async (sequence, state) => await engine.restore(sequence, state),
    rescue: async ({ sequence, tokens }) => {
      rescued.push(Buffer.from(sequence.tokens().slice(0, tokens)).toString());
    },
  });
  const leases = [];
  for (const text of texts) {
    const lease = await pool.lease(prompt("?"));
    if (text !== "") await fill(engine, lease.sequence, text);
    leases.push(lease);
  }
  for (const lease of leases) lease[Symbol.dispose]();
  return { pool, sequences: engine.sequences, engine, rescued };
}

/** All of a saved state is shared. */
function wholeOf(state: SavedState | undefined): ShelvedPrefix {
  assert.ok(state !== undefined);
  return { state, sharedTokens: state.tokenIds.length };
}

describe("sequence pool", () => {
  it("chooses the sequence that shares the longest beginning", async () => {
    const { pool, sequences } = await poolHolding("abx", "abcd", "zzz");
    const lease = await pool.lease(prompt("abcdef"));
    assert.equal(lease.sequence, sequences[1]);
    assert.equal(lease.reusedTokens, 4);
  });

  it("reuses what a run of the same scope left, and of no other", async () => {
    const { pool, sequences } = await poolHolding("abcd", "z");
    const other = await pool.lease(prompt("abcd", "other"));
    assert.equal(other.sequence, sequences[0], "the least recently used, whatever it holds");
    assert.equal(other.reusedTokens, 0);
    assert.equal(pool.sharedTokens(prompt("z")), 1);
    assert.equal(pool.sharedTokens(prompt("z", "other")), 0);
  });

  it("overwrites first what nobody may reuse", async () => {
    const { pool, sequences } = await poolHolding("a", "b", "c");
    const alone = await pool.lease({ scope: undefined, tokens: tokensOf("abc") });
    assert.equal(alone.reusedTokens, 0);
    alone[Symbol.dispose]();
    assert.equal((await pool.lease(prompt("x"))).sequence, sequences[0]);
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

  it("restores what was saved in the least recently used, where no sequence holds as much of it", async () => {
    const { pool, sequences, engine } = await poolHolding("zz", "abc", "abcde");
    const whole = await pool.lease(prompt("abcdefgh"));
    assert.equal(whole.sequence, sequences[2]);
    const saved = wholeOf(await engine.save(whole.sequence));
    const longer = await pool.lease(prompt("abcdefgh"), { saved });
    assert.equal(longer.sequence, sequences[0]);
    assert.equal(longer.reusedTokens, 5);
    assert.deepEqual(longer.sequence.tokens(), [...Buffer.from("abcde")]);
    const shorter = await pool.lease(prompt("abcdefgh"));
    assert.equal(shorter.reusedTokens, 3);
    assert.equal(engine.restored, 1);
  });

  it("starts from nothing where what was saved can't be had", async () => {
    const { pool, engine } = await poolHolding("abc");
    const [sequence] = engine.sequences;
    assert.ok(sequence !== undefined);
    const saved = wholeOf(await engine.save(sequence));
    await sequence.trim(1);
    engine.restore = async (lost) => {
      await lost.trim(0);
      return false;
    };
    assert.equal((await pool.lease(prompt("abcd"), { saved })).reusedTokens, 0);
  });

  it("lets a beginning be rescued that was used twice, before another prompt replaces it, and no other", async () => {
    const { pool, rescued } = await poolHolding("abcde");
    using first = await pool.lease(prompt("xyz"));
    first[Symbol.dispose]();
    assert.deepEqual(rescued, []);
    const { pool: again, rescued: kept } = await poolHolding("abcde");
    (await again.lease(prompt("abcx")))[Symbol.dispose]();
    (await again.lease(prompt("abcz")))[Symbol.dispose]();
    assert.deepEqual(kept, []);
    (await again.lease(prompt("k")))[Symbol.dispose]();
    assert.deepEqual(kept, ["abc"]);
    (await again.lease(prompt("m")))[Symbol.dispose]();
    assert.deepEqual(kept, ["abc"]);
  });

  it("does not take what a run left that comes back, for the little that another shares with it", async () => {
    const { pool, sequences } = await poolHolding("abcdef", "");
    const returning = await pool.lease(prompt("abcdefg"), { comesBack: true });
    assert.equal(returning.sequence, sequences[0]);
    returning[Symbol.dispose]();
    const other = await pool.lease(prompt("abx"));
    assert.equal(other.sequence, sequences[1]);
    other[Symbol.dispose]();
    const next = await pool.lease(prompt("abcdefgh"), { comesBack: true });
    assert.deepEqual([next.sequence, next.reusedTokens], [sequences[0], 6]);
    next[Symbol.dispose]();
    const sharing = await pool.lease(prompt("abcdx"));
    assert.deepEqual([sharing.sequence, sharing.reusedTokens], [sequences[0], 4], "most of it stays");
  });

  it("lets all be rescued that a run left that comes back, where its sequence has to be taken", async () => {
    const { pool, rescued } = await poolHolding("abcdef");
    (await pool.lease(prompt("abcdefg"), { comesBack: true }))[Symbol.dispose]();
    (await pool.lease(prompt("xyz")))[Symbol.dispose]();
    assert.deepEqual(rescued, ["abcdef"]);
    (await pool.lease(prompt("k")))[Symbol.dispose]();
    assert.deepEqual(rescued, ["abcdef"], "what does not come back is not kept");
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
