import assert from "node:assert/strict";
import { ComputeThreads, type EvaluatedBatch, type ThreadChange } from "../../src/engine/compute-threads.js";

/** What a batch of one token costs with so many threads. */
type Machine = (threads: number, batch: number) => Omit<EvaluatedBatch, "tokens">;

/** As measured on two cores with the default model, alone: 8.5 ms with two threads, 11.4 with one. */
const ALONE: Machine = (threads) => (threads === 1 ? { ms: 11.4, cpuMs: 11.8 } : { ms: 8.5, cpuMs: 16.5 });
/** The same beside many other processes. */
const CROWDED: Machine = (threads) => (threads === 1 ? { ms: 25, cpuMs: 11.8 } : { ms: 470, cpuMs: 160 });
/** One thread has a core to itself, two do not. */
const ONE_CORE_LEFT: Machine = (threads) => (threads === 1 ? { ms: 11.4, cpuMs: 11.8 } : { ms: 60, cpuMs: 66 });

class Rig {
  readonly changes: ThreadChange[] = [];
  /** Every number that was used, in order. */
  readonly used: number[] = [];
  readonly threads: ComputeThreads;
  totalMs = 0;
  #batches = 0;

  constructor(most: number) {
    this.threads = new ComputeThreads({
      most,
      use: (threads) => this.used.push(threads),
      onChange: (change) => this.changes.push(change),
    });
  }

  run(machine: Machine, batches: number, tokens: (batch: number) => number = () => 1): this {
    for (let left = batches; left > 0; left--) {
      this.#batches += 1;
      const cost = machine(this.threads.threads, this.#batches);
      this.totalMs += cost.ms;
      this.threads.observe({ ...cost, tokens: tokens(this.#batches) });
    }
    return this;
  }
}

describe("ComputeThreads", () => {
  it("leaves a process that has its cores to itself alone, whatever holds a batch up now and then", () => {
    const held: Machine = (threads, batch) => (batch % 10 === 0 ? { ms: 900, cpuMs: 17 } : ALONE(threads, batch));
    assert.deepEqual(new Rig(2).run(ALONE, 20_000).used, []);
    assert.deepEqual(new Rig(2).run(held, 20_000).used, []);
  });

  it("uses fewer threads after a few slow batches, and stays with them as long as others want the cores", () => {
    const rig = new Rig(2).run(CROWDED, 3);
    assert.equal(rig.threads.threads, 1);
    rig.run(CROWDED, 20_000);
    assert.deepEqual(rig.used, [1]);
    assert.deepEqual(
      rig.changes.map(({ threads, most, cores }) => [threads, most, cores.toFixed(2)]),
      [[1, 2, "0.34"]],
    );
  });

  it("does so where batches differ in size as well", () => {
    assert.deepEqual(new Rig(2).run(CROWDED, 2_000, (batch) => 1 + (batch % 7)).used, [1]);
  });

  it("takes as many as there are cores left, and one at least", () => {
    const twelve: Machine = (threads) => ({
      ms: threads > 12 ? 30 : 12,
      cpuMs: threads > 12 ? 12.4 * 30 : 12 * threads,
    });
    assert.deepEqual(new Rig(20).run(twelve, 8).used, [12]);
    assert.deepEqual(new Rig(20).run(CROWDED, 3).used, [1]);
  });

  it("goes back to all of them once the cores are free again", () => {
    const rig = new Rig(4).run(CROWDED, 100);
    const free: Machine = (threads) => ({ ms: 12 / threads, cpuMs: 12 });
    rig.run(free, 400);
    assert.equal(rig.threads.threads, 4);
    assert.deepEqual(
      rig.changes.map(({ threads }) => threads),
      [1, 2, 4],
    );
  });

  it("tries more threads ever more rarely where they turn out slower", () => {
    const rig = new Rig(2).run(ONE_CORE_LEFT, 20_000);
    assert.equal(rig.threads.threads, 1);
    assert.equal(rig.changes.length, 1);
    const tries = rig.used.filter((threads) => threads === 2).length;
    assert.ok(tries <= 12, String(tries));
    assert.ok(rig.totalMs < 1.02 * 20_000 * 11.4, String(rig.totalMs));
  });

  it("goes back at once where fewer threads turn out slower, and hardly tries again", () => {
    /** Batches so small that starting the threads takes a good part of them. */
    const small: Machine = (threads) => (threads === 1 ? { ms: 1, cpuMs: 1 } : { ms: 0.8, cpuMs: 1 });
    const rig = new Rig(2).run(small, 20_000);
    assert.equal(rig.threads.threads, 2);
    assert.deepEqual(rig.changes, []);
    assert.ok(rig.totalMs < 1.01 * 20_000 * 0.8, String(rig.totalMs));
    rig.run(CROWDED, 3);
    assert.equal(rig.threads.threads, 1, "a crowd is another matter");
  });

  it("has nothing to choose from with one thread", () => {
    assert.deepEqual(new Rig(1).run(CROWDED, 1_000).used, []);
  });
});
