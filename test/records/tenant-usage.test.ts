import assert from "node:assert/strict";
import fc from "fast-check";
import { viewIn } from "../admin/view-example.js";
import { MetricsPage } from "../../src/telemetry/metrics-page.js";
import { RECORD_METRICS } from "../../src/admin/record-metrics.js";
import { OTHER_TENANTS, TenantUsages } from "../../src/records/tenant-usage.js";

const usageOf = (tokens: number) => ({
  inputTokens: tokens,
  reusedInputTokens: 1,
  outputTokens: 2 * tokens,
  deliveredTokens: 0,
});

describe("TenantUsages", () => {
  it("has a series for each of the first tenants and one for all others, and their sums lose nothing", () => {
    const names = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("", "other", "a", "b"),
      fc.string({ minLength: 129, maxLength: 200 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.nat(100))), fc.integer({ min: 0, max: 4 }), (ends, maxNamed) => {
        const usages = new TenantUsages(maxNamed);
        for (const [tenant, tokens] of ends) usages.ended({ tenant, usage: usageOf(tokens) });
        const report = usages.report();
        assert.ok(report.filter(({ tenant }) => tenant !== OTHER_TENANTS).length <= maxNamed);
        assert.equal(new Set(report.map(({ tenant }) => tenant)).size, report.length);
        const input = ends.reduce((sum, [, tokens]) => sum + tokens, 0);
        const total = (read: (usage: (typeof report)[number]) => number): number =>
          report.reduce((sum, usage) => sum + read(usage), 0);
        assert.equal(
          total(({ inputTokens }) => inputTokens),
          input,
        );
        assert.equal(
          total(({ outputTokens }) => outputTokens),
          2 * input,
        );
        assert.equal(
          total(({ reusedInputTokens }) => reusedInputTokens),
          ends.length,
        );
        assert.equal(
          total(({ generations }) => generations),
          ends.length,
        );
      }),
    );
  });

  it("shows a hostile name as one series of the page of metrics, which stays readable", async () => {
    const usages = new TenantUsages(10);
    usages.ended({ tenant: 'a"} 1\nrill_evil_total{x="\\', usage: usageOf(7) });
    usages.ended({ tenant: "plain", usage: usageOf(3) });
    const page = new MetricsPage(RECORD_METRICS);
    const text = await page.render({ ...viewIn("serving"), tenantUsage: usages.report() });
    assert.match(text, /^rill_tenant_input_tokens_total\{tenant="plain"\} 3$/m);
    assert.match(text, /^rill_tenant_input_tokens_total\{tenant="a\\"\} 1\\\\u\{a\}rill_evil_total\{x=\\"\\\\"\} 7$/m);
    assert.doesNotMatch(text, /^rill_evil/m);
  });
});
