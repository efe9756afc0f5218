import { performance } from "node:perf_hooks";
import { ERROR_CODES } from "../core/generation-error.js";
import type { Limits } from "../core/limits.js";
import type { Lifecycle } from "../core/load-snapshot.js";
import { STORE_METHODS, STORE_OUTCOMES, STORE_TIME_BOUNDS_MS } from "../sessions/link/store-tally.js";
import { LOAD_METRICS } from "./load-metrics.js";
import { RECORD_METRICS } from "./record-metrics.js";
import { sampleEach, type ServerMetric } from "./server-view.js";
import { TLS_METRICS } from "./tls-metrics.js";

const LIFECYCLES: readonly Lifecycle[] = ["starting", "serving", "draining", "stopped", "failed"];

/** The metrics of gRPC calls of all services. */
const CALL_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_calls_open",
    help: "Open calls that count toward --max-calls, which health calls do not.",
    read: ({ calls }) => calls.calls,
  },
  {
    kind: "gauge",
    name: "rill_calls_pending",
    help: "Calls whose request message has not arrived completely.",
    read: ({ calls }) => calls.pendingCalls,
  },
  {
    kind: "gauge",
    name: "rill_request_body_bytes",
    help: "Memory of request bodies, from their first byte until they are decoded.",
    read: ({ calls }) => calls.requestBytes,
  },
  {
    kind: "gauge",
    name: "rill_response_body_bytes",
    help: "Memory of unary responses that are being created or wait for their readers.",
    read: ({ calls }) => calls.responseBytes,
  },
  {
    kind: "counter",
    name: "rill_streams_refused_total",
    help: "Streams refused because their connection had reset too many.",
    read: ({ calls }) => calls.refusedStreams,
  },
  {
    kind: "counter",
    name: "rill_calls_refused_total",
    help: "Calls of any method that were refused before anything was sent, by reason, as the log has them.",
    labelNames: ["reason"],
    readAll: ({ calls }) =>
      sampleEach(
        "reason",
        [...new Set([...ERROR_CODES, ...calls.refusedCalls.keys()])],
        (reason) => calls.refusedCalls.get(reason) ?? 0,
      ),
  },
];

/** The metrics of gRPC connections. */
const CONNECTION_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_connections",
    help: "Open gRPC connections.",
    read: ({ connections }) => connections.open,
  },
  {
    kind: "gauge",
    name: "rill_connections_capacity",
    help: "Largest number of open gRPC connections.",
    read: ({ connections }) => connections.capacity,
  },
  {
    kind: "counter",
    name: "rill_connections_refused_total",
    help: "gRPC connections closed at once because the largest number was open.",
    read: ({ connections }) => connections.refused,
  },
  {
    kind: "counter",
    name: "rill_connections_closed_total",
    help: "gRPC connections that the server closed, by reason: no handshake, idle, idle while others needed room, or half closed by the peer.",
    labelNames: ["reason"],
    readAll: ({ connections }) =>
      Object.entries(connections.closed).map(([reason, value]) => ({ labels: { reason }, value })),
  },
];

/** The metrics of the session store. */
const STORE_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_store_calls_under_way",
    help: "Calls of the session store in progress.",
    read: ({ store }) => store.underWay,
  },
  {
    kind: "counter",
    name: "rill_store_calls_total",
    help: "Calls of the session store, by operation and by whether they were done, refused or not served.",
    labelNames: ["operation", "outcome"],
    readAll: ({ store }) =>
      STORE_METHODS.flatMap((operation) =>
        STORE_OUTCOMES.map((outcome) => ({ labels: { operation, outcome }, value: store.calls[operation][outcome] })),
      ),
  },
  {
    kind: "histogram",
    name: "rill_store_call_seconds",
    help: "Duration of session store calls, not counting sweeps.",
    readDistribution: ({ store }) => ({
      bounds: STORE_TIME_BOUNDS_MS.map((ms) => ms / 1_000),
      counts: store.times,
      sum: store.timeSumMs / 1_000,
    }),
  },
];

/** Every metric that Rill defines itself. */
export const SERVER_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_build_info",
    help: "Always 1; the label carries the version.",
    labelNames: ["version"],
    readAll: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    kind: "gauge",
    name: "rill_lifecycle",
    help: "1 for the current state of the server, 0 for the others.",
    labelNames: ["state"],
    readAll: ({ lifecycle }) => sampleEach("state", LIFECYCLES, (state) => (state === lifecycle ? 1 : 0)),
  },
  {
    kind: "gauge",
    name: "rill_limit",
    help: "Limits in force. The name contains the unit if there is one.",
    labelNames: ["name"],
    readAll: ({ limits }) => sampleEach("name", Object.keys(limits) as (keyof Limits)[], (name) => limits[name]),
  },
  ...CALL_METRICS,
  ...LOAD_METRICS,
  ...STORE_METRICS,
  ...CONNECTION_METRICS,
  ...TLS_METRICS,
  ...RECORD_METRICS,
  {
    kind: "counter",
    name: "rill_log_lines_dropped_total",
    help: "Log lines dropped because their destination did not accept them in time.",
    read: ({ droppedLogLines }) => droppedLogLines,
  },
  {
    kind: "counter",
    name: "rill_event_loop_active_seconds_total",
    help: "Time that the main thread's event loop was active.",
    read: () => performance.eventLoopUtilization().active / 1_000,
  },
  {
    kind: "counter",
    name: "rill_event_loop_idle_seconds_total",
    help: "Time that the main thread's event loop waited for events.",
    read: () => performance.eventLoopUtilization().idle / 1_000,
  },
];
