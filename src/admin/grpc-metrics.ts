import type { ServerMetric } from "./server-view.js";

/** The metrics of gRPC calls of all services. */
export const CALL_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_calls_open",
    help: "Open calls that count toward max_streams, which health calls do not.",
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
];

/** The metrics of gRPC connections. */
export const CONNECTION_METRICS: readonly ServerMetric[] = [
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
