import type { CallsReport } from "../core/calls.js";
import type { Lifecycle, LoadSnapshot } from "../core/load-snapshot.js";
import type { Limits } from "../core/limits.js";
import type { StoreReport } from "../sessions/link/store-tally.js";
import type { MetricFamily, MetricSample } from "../telemetry/metrics-page.js";

/** The connections of the gRPC port. */
interface ConnectionsView {
  readonly open: number;
  readonly capacity: number;
  /** Since the start. */
  readonly refused: number;
  /** By the server itself, by reason, since the start. */
  readonly closed: Readonly<Record<string, number>>;
}

/** What one scrape looks at. */
export interface ServerView {
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly limits: Limits;
  /** The same snapshot that GetLoad answers with; undefined until the engine is there. */
  readonly load: LoadSnapshot | undefined;
  readonly calls: CallsReport;
  readonly store: StoreReport;
  readonly connections: ConnectionsView;
  /** Since the start. */
  readonly droppedLogLines: number;
}

export type ServerMetric = MetricFamily<ServerView>;

/** A sample for each member of a closed set, at 0 too: a series that is there from the start gives right rates. */
export function sampleEach<T extends string>(
  label: string,
  members: readonly T[],
  valueOf: (member: T) => number,
): readonly MetricSample[] {
  return members.map((member) => ({ labels: { [label]: member }, value: valueOf(member) }));
}
