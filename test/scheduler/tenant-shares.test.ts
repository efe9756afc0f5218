import assert from "node:assert/strict";
import { GenerationError } from "../../src/core/generation-error.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { VirtualServer } from "../support/virtual-server.js";
import { readAll, runOf } from "./scheduler-rig.js";
import { jainIndex, type PlayedTenant, playTenants, type TenantPlay } from "../support/tenant-play.js";

const SLOTS = 8;
const CALL = { inputTokens: [20, 200], outputTokens: [16, 96] } as const;
const OTHERS = ["ada", "bea", "cyd", "dov"];

function crowd(callers: number, call: Pick<PlayedTenant, "inputTokens" | "outputTokens"> = CALL): PlayedTenant[] {
  return [{ name: "greedy", callers, ...call }, ...OTHERS.map((name) => ({ name, callers: 2, ...CALL }))];
}

function workOf(play: TenantPlay, name: string): number {
  const tenant = play.tenants.get(name);
  assert.ok(tenant !== undefined);
  return tenant.work;
}

describe("Shares of tenants", function () {
  this.timeout(180_000);

  it("give four tenants with two callers each their share beside one with 64 callers", async () => {
    const play = await playTenants({
      seed: 1,
      slots: SLOTS,
      tenants: crowd(64),
      warmUpMs: 30_000,
      durationMs: 120_000,
    });
    const works = ["greedy", ...OTHERS].map((name) => workOf(play, name));
    const share = works.reduce((sum, work) => sum + work, 0) / works.length;
    for (const name of OTHERS)
      assert.ok(Math.abs(workOf(play, name) / share - 1) <= 0.1, `${name}: ${workOf(play, name) / share}`);
    assert.ok(jainIndex(works) >= 0.98, String(jainIndex(works)));
  });

  it("give tenants work in proportion to their weights", async () => {
    const weights = [4, 2, 1, 1];
    const tenants = weights.map((weight, index) => ({ name: `t${index}`, callers: 16, weight, ...CALL }));
    const play = await playTenants({ seed: 2, slots: SLOTS, tenants, warmUpMs: 20_000, durationMs: 120_000 });
    const works = tenants.map(({ name, weight }) => workOf(play, name) / weight);
    assert.ok(jainIndex(works) >= 0.98, String(jainIndex(works)));
  });

  it("give a tenant with long outputs no more work than one with short ones", async () => {
    const long = { inputTokens: [20, 200], outputTokens: [400, 1_000] } as const;
    const play = await playTenants({
      seed: 3,
      slots: SLOTS,
      tenants: crowd(64, long),
      warmUpMs: 30_000,
      durationMs: 240_000,
    });
    const works = ["greedy", ...OTHERS].map((name) => workOf(play, name));
    assert.ok(jainIndex(works) >= 0.98, String(jainIndex(works)));
  });

  it("are foreseen by the estimate of a tenant that comes to slots full of another one's long generations", async () => {
    const stepMs = (pulls: number): number => 20 + 4 * pulls;
    await using server = new VirtualServer({
      engine: { sequences: 2, contextTokens: 4_096, saves: true, stepMs },
      limits: { queueWaitMs: 5_000 },
    });
    const { clock, scheduler } = server;
    const call = (tenant: string, maxOutputTokens: number): Generation => {
      const { signal } = new AbortController();
      const opened = { tenant, requestId: undefined, lane: "interactive" as const, labels: new Map<string, string>() };
      const generation = scheduler.open({ ...opened, signal });
      const inputTokens = Uint32Array.from(`${tenant} `, (letter) => letter.charCodeAt(0));
      scheduler.submit(generation, runOf(inputTokens, { maxOutputTokens, ignoreEndOfGeneration: true }));
      return generation;
    };
    const readings = [call("greedy", 2_000), call("greedy", 2_000)].map((generation) => readAll(generation));
    await server.until(() => clock.nowMs() > 10_000);
    const cameAtMs = clock.nowMs();
    // The other generations would take 46 s.
    const other = call("other", 10);
    let isRead = false;
    void readAll(other).then(() => (isRead = true));
    await server.until(() => isRead);
    assert.ok(clock.nowMs() - cameAtMs < 5_000, `${clock.nowMs() - cameAtMs} ms`);
    const { verdicts } = scheduler.load().waitEstimates;
    assert.equal(verdicts.longer, 0);
    scheduler.endAll(new GenerationError("DRAINED", "the test is over"));
    await Promise.allSettled(readings);
    await server.until(() => scheduler.load().generations.length === 0);
  });
});
