import assert from "node:assert/strict";
import { MemoryTidy } from "../../src/sync/memory-tidy.js";
import { ManualClock } from "../support/manual-clock.js";

const MIB = 1024 * 1024;

describe("The memory after a surge", () => {
  /** A process of 100 MiB whose memory the test sets; a collection brings it to `collectedMiB`. */
  const scene = ({ collectedMiB = 100 } = {}) => {
    const clock = new ManualClock();
    const process = { residentMiB: 100, collectedMiB, isBusy: false, collections: 0, failures: [] as unknown[] };
    const tidy = MemoryTidy.start({
      clock,
      sizeBytes: () => process.residentMiB * MIB,
      isBusy: () => process.isBusy,
      collect: () => {
        process.collections += 1;
        process.residentMiB = process.collectedMiB;
        return Promise.resolve();
      },
      onFailure: (error) => process.failures.push(error),
    });
    const look = async (residentMiB = process.residentMiB): Promise<number> => {
      process.residentMiB = residentMiB;
      clock.advance(5_000);
      await new Promise(setImmediate);
      return process.collections;
    };
    return { process, tidy, look };
  };

  it("is given back once the process has stopped growing", async () => {
    const { look } = scene();
    assert.deepEqual([await look(200), await look(300), await look(300), await look(), await look()], [0, 0, 1, 1, 1]);
  });

  it("is left alone where it is little", async () => {
    const { look } = scene();
    assert.deepEqual([await look(110), await look(120), await look(120)], [0, 0, 0]);
  });

  it("is not collected beside running generations, unless it is much", async () => {
    const { look, process } = scene();
    process.isBusy = true;
    assert.deepEqual([await look(135), await look(135), await look(150), await look(150)], [0, 0, 0, 1]);
  });

  it("is not collected again and again where a collection gives nothing back", async () => {
    const { look } = scene({ collectedMiB: 300 });
    assert.deepEqual(
      [await look(300), await look(300), await look(300), await look(320), await look(330)],
      [0, 1, 1, 1, 1],
    );
    assert.deepEqual([await look(400), await look(400)], [1, 2]);
  });

  it("is collected again where the first collection came while calls still held it", async () => {
    const { look, process } = scene({ collectedMiB: 300 });
    assert.deepEqual([await look(300), await look(300)], [0, 1]);
    process.collectedMiB = 110;
    const collections = [];
    for (let n = 0; n < 8; n += 1) collections.push(await look());
    assert.deepEqual(collections, [1, 1, 1, 1, 1, 2, 2, 2]);
    assert.equal(process.residentMiB, 110);
  });

  it("is collected ever more rarely where it stays in use", async () => {
    const { look } = scene({ collectedMiB: 300 });
    await look(300);
    const times: number[] = [];
    for (let before = 0, n = 0; n < 400; n += 1) {
      const now = await look();
      if (now > before) times.push(n * 5);
      before = now;
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.deepEqual(gaps, [30, 60, 120, 240, 480, 600]);
  });

  it("is not looked at after the end", async () => {
    const { look, tidy } = scene();
    tidy[Symbol.dispose]();
    assert.deepEqual([await look(300), await look(300)], [0, 0]);
  });

  it("tells of a collection that fails, and goes on", async () => {
    const clock = new ManualClock();
    const failures: unknown[] = [];
    let sizeBytes = 100 * MIB;
    using _tidy = MemoryTidy.start({
      clock,
      sizeBytes: () => sizeBytes,
      isBusy: () => false,
      collect: () => Promise.reject(new Error("no inspector")),
      onFailure: (error) => failures.push(error),
    });
    for (const mib of [200, 200, 300, 300]) {
      sizeBytes = mib * MIB;
      clock.advance(5_000);
      await new Promise(setImmediate);
    }
    assert.equal(failures.length, 2);
  });
});
