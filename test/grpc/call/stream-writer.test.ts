import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../../src/core/limits.js";
import { defaultReaderRule, ReaderMeter, stallRule } from "../../../src/grpc/call/stream-writer.js";

const STALL_MS = 30_000;
const WINDOW_MS = 120_000;

describe("The meter of a reader", () => {
  it("lets every message wait up to the stall limit while the reader keeps up", () => {
    const meter = new ReaderMeter(defaultReaderRule(DEFAULT_LIMITS));
    for (let count = 0; count < 1_000; count++) {
      assert.equal(meter.patienceMs(5), STALL_MS);
      meter.took(5, 0);
    }
  });

  it("runs out of patience when under 16 bytes a second were taken in two minutes of waiting", () => {
    const meter = new ReaderMeter(defaultReaderRule(DEFAULT_LIMITS));
    for (let waitedMs = 0; waitedMs < WINDOW_MS; waitedMs += 20_000) {
      assert.equal(meter.patienceMs(100), Math.min(STALL_MS, WINDOW_MS - waitedMs));
      meter.took(100, 20_000);
    }
    assert.equal(meter.patienceMs(100), 0);
    assert.match(meter.slowReader(0).message, /16 bytes of text a second over 120000 ms/);
  });

  it("begins a new window once the reader took enough", () => {
    const meter = new ReaderMeter(defaultReaderRule(DEFAULT_LIMITS));
    meter.took(1_919, 119_000);
    assert.equal(meter.patienceMs(1), 1_000);
    meter.took(1, 500);
    assert.equal(meter.patienceMs(1), STALL_MS);
  });

  it("does not measure what has no text", () => {
    const meter = new ReaderMeter(defaultReaderRule(DEFAULT_LIMITS));
    for (let count = 0; count < 10; count++) meter.took(0, 29_000);
    assert.equal(meter.patienceMs(1), STALL_MS);
  });

  it("knows only the stall where the caller gave a limit", () => {
    const meter = new ReaderMeter(stallRule(60_000));
    for (let count = 0; count < 10; count++) meter.took(1, 59_000);
    assert.equal(meter.patienceMs(1), 60_000);
    assert.deepEqual(meter.slowReader(60_000).facts, { limit_ms: "60000" });
  });
});
