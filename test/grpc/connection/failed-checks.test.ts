import assert from "node:assert/strict";
import { FailedChecks } from "../../../src/grpc/connection/failed-checks.js";
import { ManualClock } from "../../support/manual-clock.js";

/** Counts failed checks of an address until a refusal has to wait. */
function burstOf(checks: FailedChecks, address: string | undefined): number {
  for (let count = 0; ; count += 1) {
    const check = checks.note(address, () => undefined);
    if (check.type === "now") continue;
    if (check.type === "later") check.drop();
    return count;
  }
}

describe("Failed checks of callers", () => {
  it("are refused at once up to an allowance of their address, which comes back with time", () => {
    const clock = new ManualClock();
    const checks = new FailedChecks(clock);
    assert.equal(burstOf(checks, "10.0.0.1"), 20);
    assert.equal(burstOf(checks, "10.0.0.2"), 20);
    assert.equal(burstOf(checks, undefined), 20);
    clock.advance(5_000);
    assert.equal(burstOf(checks, "10.0.0.1"), 9);
    clock.advance(3_600_000);
    assert.equal(burstOf(checks, "10.0.0.1"), 20);
  });

  it("beyond the allowance are refused a second later, unless the stream closes before", () => {
    const clock = new ManualClock();
    const checks = new FailedChecks(clock);
    burstOf(checks, "10.0.0.1");
    let refused = 0;
    const refuse = (): void => {
      refused += 1;
    };
    const [first, second] = [checks.note("10.0.0.1", refuse), checks.note("10.0.0.1", refuse)];
    assert.ok(first.type === "later" && second.type === "later");
    assert.equal(second.drop(), true);
    clock.advance(999);
    assert.equal(refused, 0);
    clock.advance(1);
    assert.equal(refused, 1);
    assert.equal(first.drop(), false);
  });

  it("share one allowance over the network of an IPv6 address, and none over IPv4 addresses in IPv6 form", () => {
    const checks = new FailedChecks(new ManualClock());
    assert.equal(burstOf(checks, "2001:db8:0:1::1"), 20);
    assert.equal(burstOf(checks, "2001:db8::1:ffff:0:0:2"), 0);
    assert.equal(burstOf(checks, "2001:db8:0:2::1"), 20);
    assert.equal(burstOf(checks, "::ffff:10.0.0.1"), 20);
    assert.equal(burstOf(checks, "::ffff:10.0.0.2"), 20);
    assert.equal(burstOf(checks, "fe80::1%eth0"), 20);
  });

  it("take bounded memory, however many addresses fail and however many refusals wait", () => {
    const checks = new FailedChecks(new ManualClock());
    for (let host = 0; host < 20_000; host += 1) checks.note(`10.${host >> 8}.${host & 255}.1`, () => undefined);
    assert.equal(checks.addresses, 8_192);
    const types = Array.from({ length: 2_000 }, () => checks.note("10.0.0.9", () => undefined).type);
    const counted = (wanted: string): number => types.filter((type) => type === wanted).length;
    assert.deepEqual([counted("now"), counted("later"), counted("dropped")], [20, 1_024, 956]);
  });
});
