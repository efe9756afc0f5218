import type { ServerMetric } from "./server-view.js";

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
