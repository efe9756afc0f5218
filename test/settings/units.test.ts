import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDuration, formatSize, formatWait, parseDurationMs, parseSizeBytes } from "../../src/settings/units.js";

describe("units", () => {
  it("reads durations in each unit, with fractions where they come to whole milliseconds", () => {
    assert.equal(parseDurationMs("250ms"), 250);
    assert.equal(parseDurationMs("30s"), 30_000);
    assert.equal(parseDurationMs("1.5s"), 1_500);
    assert.equal(parseDurationMs("10m"), 600_000);
    assert.equal(parseDurationMs("24h"), 86_400_000);
    assert.equal(parseDurationMs("0"), 0);
  });

  it("reads sizes in each unit", () => {
    assert.equal(parseSizeBytes("16B"), 16);
    assert.equal(parseSizeBytes("0.5KiB"), 512);
    assert.equal(parseSizeBytes("4MiB"), 4_194_304);
    assert.equal(parseSizeBytes("2GiB"), 2_147_483_648);
  });

  it("reads nothing without a unit, with a wrong one, with a sign, blanks or a rest", () => {
    for (const text of [
      "30",
      "",
      "s",
      "30 s",
      "-1s",
      "+1s",
      "1e3s",
      "30sec",
      "1m30s",
      "0.5ms",
      "30S",
      "٣s",
      "9999999999999h",
    ]) {
      assert.equal(parseDurationMs(text), undefined, text);
    }
    for (const text of ["4", "4MB", "4mib", "0.3B", "NaNB", "InfinityB"]) {
      assert.equal(parseSizeBytes(text), undefined, text);
    }
  });

  it("writes each amount as a text that reads back to it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (amount) => {
        assert.equal(parseDurationMs(formatDuration(amount)), amount);
        assert.equal(parseSizeBytes(formatSize(amount)), amount);
      }),
    );
  });

  it("writes an amount in the largest unit that leaves no fraction", () => {
    assert.equal(formatDuration(90_000), "90s");
    assert.equal(formatDuration(7_200_000), "2h");
    assert.equal(formatSize(1_536), "1536B");
    assert.equal(formatSize(8_192), "8KiB");
  });

  it("writes a wait for people in its two largest units, never as less than it is", () => {
    const texts = [0.2, 850, 1_000, 1_001, 59_999, 60_000, 203_117, 3_599_001, 7_380_000].map(formatWait);
    assert.deepEqual(texts, ["1ms", "850ms", "1s", "2s", "1m", "1m", "3m 24s", "1h", "2h 3m"]);
  });
});
