import assert from "node:assert/strict";
import type { AuditEntry } from "../../src/core/audit.js";
import { AuditLog } from "../../src/records/audit-log.js";
import { ManualClock } from "../support/manual-clock.js";

interface Rig extends Disposable {
  readonly audit: AuditLog;
  readonly clock: ManualClock;
  readonly entries: Record<string, unknown>[];
}

function startRig(): Rig {
  const clock = new ManualClock();
  const entries: Record<string, unknown>[] = [];
  const audit = new AuditLog({
    // As JSON, a field that is undefined is left out.
    write: (entry) => entries.push(JSON.parse(JSON.stringify(entry)) as Record<string, unknown>),
    clock,
  });
  return { audit, clock, entries, [Symbol.dispose]: () => audit[Symbol.dispose]() };
}

const failure = (peer: string): AuditEntry => ({
  action: "authentication_failed",
  outcome: "refused",
  peer,
  target: "rill.v1.GenerationService/Generate",
  reason: "UNAUTHENTICATED",
});

describe("AuditLog", () => {
  it("tells who did what to whose generation", () => {
    using rig = startRig();
    rig.audit.record({
      action: "cancel_generation",
      outcome: "done",
      caller: { tenant: "operations", subject: "anna" },
      peer: "10.0.0.7:51034",
      target: "rill.v1.GenerationService/CancelGeneration",
      targetTenant: "acme",
      generationId: "gen_1",
    });
    assert.deepEqual(rig.entries, [
      {
        action: "cancel_generation",
        outcome: "done",
        tenant: "operations",
        subject: "anna",
        peer: "10.0.0.7:51034",
        target: "rill.v1.GenerationService/CancelGeneration",
        targetTenant: "acme",
        generationId: "gen_1",
      },
    ]);
  });

  it("writes each cross-tenant action, however often it comes", () => {
    using rig = startRig();
    for (let count = 0; count < 50; count += 1) {
      rig.audit.record({ action: "read_generation", outcome: "done", target: "GetGeneration" });
    }
    assert.equal(rig.entries.length, 50);
  });

  it("writes the first failure of a host in a minute, and how many more there were", () => {
    using rig = startRig();
    for (let port = 1_000; port < 1_100; port += 1) rig.audit.record(failure(`10.0.0.7:${port}`));
    rig.audit.record(failure("10.0.0.8:1"));
    assert.equal(rig.entries.length, 2);
    rig.clock.advance(60_000);
    assert.equal(rig.entries.length, 3);
    assert.equal(rig.entries[2]?.omitted, 99);
    assert.equal(rig.clock.pendingTimers, 0);
    rig.audit.record(failure("10.0.0.7:9"));
    assert.equal(rig.entries.length, 4);
  });

  it("counts the failures of more hosts than it has room for in one line", () => {
    using rig = startRig();
    for (let host = 0; host < 10_000; host += 1) rig.audit.record(failure(`h${host}:1`));
    assert.equal(rig.entries.length, 200);
    rig.audit[Symbol.dispose]();
    assert.deepEqual(rig.entries.slice(200), [{ action: "other", omitted: 9_800 }]);
  });

  it("counts the hosts of one IPv6 network as one", () => {
    using rig = startRig();
    for (let host = 1; host < 50; host += 1) rig.audit.record(failure(`[2001:db8:0:1::${host.toString(16)}]:443`));
    rig.audit.record(failure("2001:db8:0:1::77"));
    rig.audit.record(failure("[2001:db8:0:2::1]:443"));
    assert.equal(rig.entries.length, 2);
  });

  it("writes what callers do, however many strangers fail", () => {
    using rig = startRig();
    for (let host = 0; host < 1_000; host += 1) rig.audit.record(failure(`h${host}:1`));
    const caller = { tenant: "ops", subject: "anna" };
    rig.audit.record({ action: "admin_request", outcome: "done", caller, peer: "10.0.0.1:5", target: "/metrics" });
    assert.equal(rig.entries.at(-1)?.subject, "anna");
  });

  it("shows hostile names in printable characters and cut", () => {
    using rig = startRig();
    const caller = { tenant: "a\n\u202Eb", subject: "x".repeat(10_000) };
    rig.audit.record({ action: "reload", outcome: "failed", caller, target: "tenants" });
    assert.equal(rig.entries[0]?.tenant, "a\\u{a}\\u{202e}b");
    assert.equal((rig.entries[0].subject as string).length, 256);
  });
});
