import assert from "node:assert/strict";
import type { TenantPolicies, TenantPolicy } from "../../../src/core/tenant-policy.js";
import { TenantUse } from "../../../src/scheduler/tenants/tenant-use.js";
import { ManualClock } from "../../support/manual-clock.js";

/** One policy for every tenant, which a test changes, and the number of times that it was asked for. */
class OnePolicy implements TenantPolicies {
  policy: TenantPolicy = { weight: 1 };
  asked = 0;

  of(): TenantPolicy {
    this.asked += 1;
    return this.policy;
  }
}

/** More names than are remembered, as an issuer of tokens may make up. */
const MANY = 20_000;
/** The bound on tenants that want nothing. */
const MOST = 4_096;

describe("TenantUse", () => {
  it("forgets tenants that hold nothing and have their whole quotas, however many come", () => {
    const policies = new OnePolicy();
    const use = new TenantUse(policies, new ManualClock());
    use.started("busy");
    for (let index = 0; index < MANY; index++) {
      use.started(`tenant-${index}`);
      use.stopped(`tenant-${index}`);
    }
    assert.ok(use.tenants <= MOST, String(use.tenants));
    assert.equal(use.runningOf("busy"), 1);
  });

  it("remembers what a tenant owes until it is paid, with little search for each newcomer", () => {
    const policies = new OnePolicy();
    policies.policy = { weight: 1, inputTokensPerMinute: 60 };
    const clock = new ManualClock();
    const use = new TenantUse(policies, clock);
    for (let index = 0; index < MANY; index++) use.takeInput(`tenant-${index}`, 60);
    assert.equal(use.tenants, MANY);
    assert.ok(policies.asked < 6 * MANY, `the policies were asked for ${policies.asked} times`);
    assert.throws(() => use.checkTokens("tenant-0", 1), { code: "QUOTA_EXCEEDED" });
    clock.advance(60_000);
    for (let index = 0; index < 2 * MANY; index++) {
      use.started(`newcomer-${index}`);
      use.stopped(`newcomer-${index}`);
    }
    for (let index = 0; index < MOST; index++) use.started(`late-${index}`);
    assert.ok(use.tenants <= 3 * MOST, String(use.tenants));
    use.checkTokens("tenant-0", 60);
  });

  it("gives a tenant that was there without a quota the whole quota when one comes", () => {
    const policies = new OnePolicy();
    const use = new TenantUse(policies, new ManualClock());
    use.started("old");
    for (let index = 0; index < MANY; index++) use.started(`tenant-${index}`);
    policies.policy = { weight: 1, inputTokensPerMinute: 60 };
    use.checkTokens("old", 60);
    use.stopped("old");
    for (let index = 0; index < MANY; index++) use.stopped(`tenant-${index}`);
  });

  it("names the tenants that have a run with a slot, and no others", () => {
    const policies = new OnePolicy();
    policies.policy = { weight: 1, runningCalls: 2 };
    const use = new TenantUse(policies, new ManualClock());
    for (const tenant of ["a", "b", "a"]) use.started(tenant);
    assert.deepEqual([...use.running()], ["a", "b"]);
    assert.deepEqual([use.runningOf("a"), use.mayRun("a"), use.mayRun("b")], [2, false, true]);
    for (const tenant of ["a", "b"]) use.stopped(tenant);
    assert.deepEqual([...use.running()], ["a"]);
    use.stopAll();
    assert.deepEqual([[...use.running()], use.runningOf("a")], [[], 0]);
  });
});
