import type { ServerMetric } from "./server-view.js";

/** The connections of the gRPC port. */
export const CONNECTION_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_connections",
    help: "gRPC connections that are open.",
    read: ({ connections }) => connections.open,
  },
  {
    kind: "gauge",
    name: "rill_connections_capacity",
    help: "gRPC connections that can be open at one time.",
    read: ({ connections }) => connections.capacity,
  },
  {
    kind: "counter",
    name: "rill_connections_refused_total",
    help: "gRPC connections that were closed as they came, because as many were open as may be.",
    read: ({ connections }) => connections.refused,
  },
  {
    kind: "counter",
    name: "rill_connections_closed_total",
    help: "gRPC connections that the server closed by itself: no handshake, idle, idle while others wanted in, or left half open by the peer.",
    labelNames: ["reason"],
    readAll: ({ connections }) =>
      Object.entries(connections.closed).map(([reason, value]) => ({ labels: { reason }, value })),
  },
];
