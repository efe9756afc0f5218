import assert from "node:assert/strict";
import fc from "fast-check";
import { ServiceTime } from "../../src/scheduler/service-time.js";
import { WaitForecast } from "../../src/scheduler/wait-forecast.js";

/** A service time that has settled at `ms` without deviation. */
function steady(ms: number): ServiceTime {
  const service = new ServiceTime();
  for (let sample = 0; sample < 100; sample++) service.observe(ms);
  return service;
}

const at = (grant: number): { earliest: number; latest: number } => ({ earliest: grant, latest: grant });

describe("ServiceTime", () => {
  it("takes its first sample for the mean and half of it for the deviation", () => {
    const service = new ServiceTime();
    assert.equal(service.measured, false);
    service.observe(1_000);
    assert.equal(service.measured, true);
    assert.deepEqual([service.lowMs, service.deviationMs, service.highMs], [500, 500, 2_000]);
  });

  it("follows a change and never bounds from below by less than nothing", () => {
    const service = steady(1_000);
    assert.ok(Math.abs(service.lowMs - 1_000) < 1 && Math.abs(service.highMs - 1_000) < 1);
    for (let sample = 0; sample < 50; sample++) service.observe(10);
    assert.ok(service.highMs < 100);
    service.observe(100_000);
    assert.equal(service.lowMs, 0);
  });
});

describe("WaitForecast", () => {
  it("knows of no wait while nothing was measured", () => {
    const forecast = new WaitForecast(new ServiceTime(), [100, 200]);
    assert.deepEqual(forecast.waitFor(at(7)), { lowMs: 0, highMs: 0 });
  });

  it("counts what is left of the runs, then whole service times", () => {
    const forecast = new WaitForecast(steady(1_000), [100, 700]);
    const lows = [1, 2, 3, 4, 5].map((grant) => Math.round(forecast.waitFor(at(grant)).lowMs));
    assert.deepEqual(lows, [300, 900, 1_300, 1_900, 2_300]);
  });

  it("knows of no wait for a free slot", () => {
    const forecast = new WaitForecast(steady(1_000), [100, undefined]);
    assert.deepEqual(forecast.waitFor(at(1)), { lowMs: 0, highMs: 0 });
  });

  it("expects at least the deviation of a run that has outlived every bound", () => {
    const service = new ServiceTime();
    service.observe(1_000);
    assert.deepEqual(new WaitForecast(service, [60_000]).waitFor(at(1)), { lowMs: 0, highMs: 500 });
  });

  it("never promises more than it fears, nor less for a later grant", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000), { maxLength: 20 }),
        fc.array(fc.option(fc.nat(20_000), { nil: undefined }), { minLength: 1, maxLength: 8 }),
        (samples, heldMs) => {
          const service = new ServiceTime();
          for (const sample of samples) service.observe(sample);
          const forecast = new WaitForecast(service, heldMs);
          let before = { lowMs: 0, highMs: 0 };
          for (let grant = 1; grant <= 20; grant++) {
            const wait = forecast.waitFor(at(grant));
            assert.ok(wait.lowMs >= 0 && wait.lowMs <= wait.highMs);
            assert.ok(wait.lowMs >= before.lowMs);
            before = wait;
          }
        },
      ),
    );
  });
});
