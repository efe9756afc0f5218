import assert from "node:assert/strict";
import { ComputeThreads, type EvaluatedBatch, type ThreadChange } from "../../../src/engine/llama/compute-threads.js";

/** The cost of a batch of one token with a number of threads. */
type Machine = (threads: number, batch: number) => Omit<EvaluatedBatch, "tokens">;

/** As measured on two cores with the default model, alone: 8.5 ms with two threads, 11.4 with one. */
const ALONE: Machine = (threads) => (threads === 1 ? { ms: 11.4, cpuMs: 11.8 } : { ms: 8.5, cpuMs: 16.5 });
/** The same beside many other processes. */
const CROWDED: Machine = (threads) => (threads === 1 ? { ms: 25, cpuMs: 11.8 } : { ms: 470, cpuMs: 160 });
/** Beside little else: one batch of two threads in ten waits for a core, for as long as twenty others take. */
const WAITS_NOW_AND_THEN: Machine = (threads, batch) =>
  threads === 2 && isOneOf(10, batch) ? { ms: 200, cpuMs: 205 } : ALONE(threads, batch);
/** The same waits are a small part of large batches, for which two threads are worth them. */
const LARGE_BATCHES: Machine = (threads, batch) =>
  threads === 2 && isOneOf(20, batch)
    ? { ms: 200, cpuMs: 220 }
    : { ms: threads === 2 ? 60 : 85, cpuMs: threads === 2 ? 116 : 88 };
/** One thread has a core to itself, two do not. */
const ONE_CORE_LEFT: Machine = (threads) => (threads === 1 ? { ms: 11.4, cpuMs: 11.8 } : { ms: 60, cpuMs: 66 });

/** True for one in `many` numbers, in no order that shows. */
function isOneOf(many: number, batch: number): boolean {
  return (Math.imul(batch, 0x9e3779b1) >>> 0) % many === 0;
}

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
  it("leaves a process that has its cores to itself alone", () => {
    assert.deepEqual(new Rig(2).run(ALONE, 20_000).used, []);
  });

  it("takes hardly any time from it where something rare holds a batch up", () => {
    const stopped: Machine = (threads, batch) =>
      batch % 2_000 === 1_000 ? { ms: 900, cpuMs: 17 } : ALONE(threads, batch);
    const rig = new Rig(2).run(stopped, 20_000);
    assert.equal(rig.threads.threads, 2);
    assert.ok(rig.totalMs < 1.03 * (20_000 * 8.5 + 10 * 900), String(rig.totalMs));
  });

  it("minds the time that batches wait for a core, however few of them do", () => {
    const rig = new Rig(2).run(WAITS_NOW_AND_THEN, 20_000);
    assert.ok(rig.totalMs < 1.1 * 20_000 * 11.4, String(rig.totalMs));
  });

  it("stays with all threads where the waits are worth it", () => {
    const rig = new Rig(2).run(LARGE_BATCHES, 20_000);
    const alwaysTwoMs = 20_000 * (0.95 * 60 + 0.05 * 200);
    assert.ok(rig.totalMs < 1.05 * alwaysTwoMs, String(rig.totalMs / alwaysTwoMs));
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
    assert.deepEqual(new Rig(20).run(twelve, 16).used, [12]);
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
    assert.ok(rig.totalMs < 1.04 * 20_000 * 11.4, String(rig.totalMs));
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
