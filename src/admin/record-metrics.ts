import type { LineFileReport } from "../records/line-file.js";
import type { TenantUsage } from "../records/tenant-usage.js";
import type { MetricSample } from "../telemetry/metrics-page.js";
import type { ServerMetric, ServerView } from "./server-view.js";

interface TenantCounter {
  readonly name: string;
  readonly help: string;
  readonly read: (usage: TenantUsage) => number;
}

function tenantCounter({ name, help, read }: TenantCounter): ServerMetric {
  return {
    kind: "counter",
    name,
    help,
    labelNames: ["tenant"],
    readAll: ({ tenantUsage }) =>
      tenantUsage.map((usage) => ({ labels: { tenant: usage.tenant }, value: read(usage) })),
  };
}

/** Creates a sample for each of the two files that is in use. */
function sampleFiles(
  { usageLog, auditLog }: ServerView,
  valueOf: (report: LineFileReport) => number,
): readonly MetricSample[] {
  const files = Object.entries({ usage: usageLog, audit: auditLog });
  return files.flatMap(([file, report]) =>
    report === undefined ? [] : [{ labels: { file }, value: valueOf(report) }],
  );
}

/** The metrics of each tenant's usage, to which the lines of the usage log sum up, and of the files of records. */
export const RECORD_METRICS: readonly ServerMetric[] = [
  tenantCounter({
    name: "rill_tenant_generations_total",
    help: "Accepted generations that ended, by tenant; tenants beyond --metrics-tenants count as other.",
    read: ({ generations }) => generations,
  }),
  tenantCounter({
    name: "rill_tenant_input_tokens_total",
    help: "Input tokens of ended generations by tenant, reused ones included, where they had a slot.",
    read: ({ inputTokens }) => inputTokens,
  }),
  tenantCounter({
    name: "rill_tenant_reused_input_tokens_total",
    help: "Input tokens of ended generations by tenant that the key-value cache held already.",
    read: ({ reusedInputTokens }) => reusedInputTokens,
  }),
  tenantCounter({
    name: "rill_tenant_output_tokens_total",
    help: "Output tokens of ended generations by tenant.",
    read: ({ outputTokens }) => outputTokens,
  }),
  {
    kind: "counter",
    name: "rill_record_lines_total",
    help: "Lines written to the usage log and to the audit log.",
    labelNames: ["file"],
    readAll: (view) => sampleFiles(view, ({ writtenLines }) => writtenLines),
  },
  {
    kind: "gauge",
    name: "rill_record_lines_waiting",
    help: "Lines in memory that the usage log or the audit log cannot take at present.",
    labelNames: ["file"],
    readAll: (view) => sampleFiles(view, ({ waitingLines }) => waitingLines),
  },
  {
    kind: "counter",
    name: "rill_record_lines_lost_total",
    help: "Lines of the usage log and of the audit log that were lost because the file could not be written for too long.",
    labelNames: ["file"],
    readAll: (view) => sampleFiles(view, ({ lostLines }) => lostLines),
  },
];
