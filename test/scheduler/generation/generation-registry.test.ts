import assert from "node:assert/strict";
import type { GenerationReport } from "../../../src/core/generation-report.js";
import { GenerationLedger } from "../../../src/scheduler/generation/generation-registry.js";
import { ManualClock } from "../../support/manual-clock.js";

const HOUR_MS = 3_600_000;
const ANYONE = { tenant: "", everyTenant: false };

function reportOf(generationId: string, fields: Partial<GenerationReport> = {}): GenerationReport {
  return {
    generationId,
    tenant: "",
    requestId: undefined,
    lane: "batch",
    labels: new Map(),
    state: "ended",
    usage: { inputTokens: 3, reusedInputTokens: 1, outputTokens: 5, deliveredTokens: 4 },
    timings: {
      queueMs: 1,
      prepareMs: 2,
      prefillMs: 3,
      decodeMs: 4,
      parkedMs: 5,
      totalMs: 15,
      timeToFirstTokenMs: 6,
    },
    end: { type: "failed", code: "CANCELLED", message: "the client left" },
    createdMs: 1_000,
    seed: 7,
    ...fields,
  };
}

describe("GenerationLedger", () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
  });

  const open = (limits: { entries?: number; bytes?: number } = {}): GenerationLedger =>
    new GenerationLedger(
      { ledgerEntries: limits.entries ?? 3, ledgerAgeMs: HOUR_MS, ledgerBytes: limits.bytes ?? 1_000_000 },
      clock,
    );

  const known = (ledger: GenerationLedger, ...ids: string[]): string[] =>
    ids.filter((generationId) => ledger.find({ generationId }, ANYONE) !== undefined);

  it("forgets the oldest when there are too many", () => {
    const ledger = open();
    for (const id of ["a", "b", "c", "d", "e"]) ledger.add(reportOf(id));
    assert.deepEqual(known(ledger, "a", "b", "c", "d", "e"), ["c", "d", "e"]);
    assert.equal(ledger.size, 3);
  });

  it("forgets each at its own age", () => {
    const ledger = open();
    ledger.add(reportOf("a"));
    clock.advance(10);
    ledger.add(reportOf("b"));
    clock.advance(HOUR_MS - 11);
    assert.deepEqual(known(ledger, "a", "b"), ["a", "b"]);
    clock.advance(1);
    assert.deepEqual(known(ledger, "a", "b"), ["b"]);
    clock.advance(10);
    assert.deepEqual(known(ledger, "a", "b"), []);
    assert.deepEqual([ledger.size, ledger.bytes], [0, 0]);
  });

  it("forgets the oldest when labels make it large", () => {
    const labels = new Map(Array.from({ length: 32 }, (_, index) => [`label ${index}`, "x".repeat(256)]));
    const ledger = open({ bytes: 50_000 });
    ledger.add(reportOf("small"));
    ledger.add(reportOf("large", { labels }));
    assert.deepEqual(known(ledger, "small", "large"), ["small", "large"]);
    ledger.add(reportOf("larger", { labels, requestId: "x".repeat(128) }));
    ledger.add(reportOf("largest", { labels }));
    assert.deepEqual(known(ledger, "small", "large", "larger", "largest"), ["larger", "largest"]);
    assert.ok(ledger.bytes <= 50_000);
  });

  it("keeps nothing where nothing may be kept", () => {
    const ledger = open({ entries: 0 });
    ledger.add(reportOf("a", { requestId: "mine" }));
    assert.equal(ledger.find({ requestId: "mine" }, ANYONE), undefined);
    assert.equal(ledger.size, 0);
  });

  it("finds a tenant's own reports only, by either id, unless the viewer sees those of every tenant", () => {
    const ledger = open();
    const one = { tenant: "one", everyTenant: false };
    const two = { tenant: "two", everyTenant: false };
    ledger.add(reportOf("a", { tenant: "one", requestId: "mine" }));
    ledger.add(reportOf("b", { tenant: "two", requestId: "mine" }));
    assert.equal(ledger.find({ requestId: "mine" }, one)?.generationId, "a");
    assert.equal(ledger.find({ requestId: "mine" }, two)?.generationId, "b");
    assert.equal(ledger.find({ generationId: "b" }, one), undefined);
    assert.equal(ledger.find({ generationId: "b" }, { ...one, everyTenant: true })?.generationId, "b");
    assert.equal(ledger.find({ requestId: "mine" }, { ...one, everyTenant: true })?.generationId, "a");
    assert.equal(ledger.find({ requestId: "mine" }, { tenant: "three", everyTenant: true }), undefined);
  });

  it("finds the newest of a request id, also when an older one is forgotten", () => {
    const ledger = open();
    ledger.add(reportOf("a", { requestId: "mine" }));
    ledger.add(reportOf("b", { requestId: "mine" }));
    ledger.add(reportOf("c"));
    assert.equal(ledger.find({ requestId: "mine" }, ANYONE)?.generationId, "b");
    ledger.add(reportOf("d"));
    assert.deepEqual(known(ledger, "a", "b"), ["b"]);
    assert.equal(ledger.find({ requestId: "mine" }, ANYONE)?.generationId, "b");
    ledger.add(reportOf("e"));
    assert.equal(ledger.find({ requestId: "mine" }, ANYONE), undefined);
  });

  it("takes news of one that it knows, which does not become younger by them", () => {
    const ledger = open();
    for (const id of ["a", "b", "c"]) ledger.add(reportOf(id));
    ledger.correct(reportOf("a", { usage: { ...reportOf("a").usage, deliveredTokens: 5 } }));
    assert.equal(ledger.find({ generationId: "a" }, ANYONE)?.usage.deliveredTokens, 5);
    ledger.add(reportOf("d"));
    ledger.correct(reportOf("a"));
    assert.deepEqual(known(ledger, "a", "b", "c", "d"), ["b", "c", "d"]);
  });
});
