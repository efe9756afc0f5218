import type { CallsReport } from "../core/calls.js";
import type { Lifecycle, LoadSnapshot } from "../core/load-snapshot.js";
import type { Limits } from "../core/limits.js";
import type { LineFileReport } from "../records/line-file.js";
import type { TenantUsage } from "../records/tenant-usage.js";
import type { StoreReport } from "../sessions/link/store-tally.js";
import type { CertificatesReport } from "../tls/certificates.js";
import type { HandshakeReport } from "../tls/handshakes.js";
import type { MetricFamily, MetricSample } from "../telemetry/metrics-page.js";

/** The connections of the gRPC port. */
interface ConnectionsView {
  readonly open: number;
  readonly capacity: number;
  /** The connections refused since the start of the server. */
  readonly refused: number;
  /** The connections that the server closed since its start, by reason. */
  readonly closed: Readonly<Record<string, number>>;
}

/** The state of the server that one scrape reads. */
export interface ServerView {
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly limits: Limits;
  /** The snapshot that GetLoad returns. It is undefined until the engine is ready. */
  readonly load: LoadSnapshot | undefined;
  readonly calls: CallsReport;
  readonly store: StoreReport;
  readonly connections: ConnectionsView;
  /** The usage of ended generations by tenant. */
  readonly tenantUsage: readonly TenantUsage[];
  /** The usage log, or undefined if there is none. */
  readonly usageLog: LineFileReport | undefined;
  /** The file of the audit log, or undefined if there is none. */
  readonly auditLog: LineFileReport | undefined;
  /** The certificates, or undefined if no address has TLS. */
  readonly certificates: CertificatesReport | undefined;
  /** The handshakes of TLS on the gRPC port. */
  readonly handshakes: HandshakeReport;
  /** The log lines dropped since the start of the server. */
  readonly droppedLogLines: number;
}

export type ServerMetric = MetricFamily<ServerView>;

/** Creates a sample for each member of a closed set, even at 0, because only a series that exists from the start gives correct rates. */
export function sampleEach<T extends string>(
  label: string,
  members: readonly T[],
  valueOf: (member: T) => number,
): readonly MetricSample[] {
  return members.map((member) => ({ labels: { [label]: member }, value: valueOf(member) }));
}
