import assert from "node:assert/strict";
import fc from "fast-check";
import { GenerationError } from "../../src/core/generation-error.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { VirtualServer } from "../support/virtual-server.js";
import { runOf } from "./scheduler-rig.js";

const SLOTS = 3;

const arrival = fc.record({
  atMs: fc.nat(4_000),
  tenant: fc.constantFrom("a", "b", "c"),
  lane: fc.constantFrom("interactive" as const, "batch" as const),
  priority: fc.nat(2),
  inputTokens: fc.integer({ min: 1, max: 60 }),
  outputTokens: fc.integer({ min: 1, max: 200 }),
  cancelledAfterMs: fc.option(fc.nat(3_000), { nil: undefined }),
});

async function read(generation: Generation): Promise<void> {
  try {
    for (;;) {
      const event = await generation.next();
      if (event.type === "pieces") generation.taken(event.pieces);
      if (event.type === "finished") return;
    }
  } catch (error) {
    assert.ok(error instanceof GenerationError && error.code === "CANCELLED", String(error));
  }
}

describe("A free slot", () => {
  it("is never left idle while a run waits, whatever the tenants' weights are", async function () {
    this.timeout(60_000);
    const weights = fc.record({ a: fc.integer({ min: 1, max: 9 }), b: fc.integer({ min: 1, max: 9 }) });
    const property = fc.asyncProperty(fc.array(arrival, { maxLength: 25 }), weights, async (arrivals, given) => {
      const known = new Map(Object.entries(given));
      await using server = new VirtualServer({
        engine: { sequences: SLOTS, contextTokens: 512, saves: true, stepMs: (pulls, tokens) => 10 + pulls + tokens },
        limits: { queuePerSlot: 256, queueWaitMs: 3_600_000 },
        policies: { of: (tenant) => ({ weight: known.get(tenant) ?? 1 }) },
      });
      const { clock, scheduler } = server;
      let left = arrivals.length;
      for (const { atMs, tenant, lane, priority, cancelledAfterMs, inputTokens, outputTokens } of arrivals) {
        clock.startTimer(atMs, () => {
          const controller = new AbortController();
          const { signal } = controller;
          const opened = { tenant, requestId: undefined, lane, priority, labels: new Map<string, string>(), signal };
          const generation = scheduler.open(opened);
          const stopping = { maxOutputTokens: outputTokens, ignoreEndOfGeneration: true };
          scheduler.submit(generation, runOf(new Uint32Array(inputTokens).fill(97), stopping));
          void read(generation).then(() => (left -= 1));
          if (cancelledAfterMs === undefined) return;
          const cancel = (): void => controller.abort(new GenerationError("CANCELLED", "the client left"));
          clock.startTimer(cancelledAfterMs, cancel);
        });
      }
      await server.until(() => {
        const { slots, generations } = scheduler.load();
        const waits = generations.filter(({ state }) => state === "waiting").length;
        assert.ok(waits === 0 || slots.busy === SLOTS, `${waits} wait beside ${SLOTS - slots.busy} free slots`);
        return left === 0;
      });
    });
    await fc.assert(property, { numRuns: 15 });
  });
});
