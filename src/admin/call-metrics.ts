import type { ServerMetric } from "./server-view.js";

/** What gRPC calls hold, whatever they are about. */
export const CALL_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_calls_open",
    help: "Calls that hold one of max_streams seats; health is not among them.",
    read: ({ calls }) => calls.calls,
  },
  {
    kind: "gauge",
    name: "rill_calls_pending",
    help: "Calls whose message is not complete.",
    read: ({ calls }) => calls.pendingCalls,
  },
  {
    kind: "gauge",
    name: "rill_request_body_bytes",
    help: "Memory of request bodies, from their first byte until they are read in.",
    read: ({ calls }) => calls.requestBytes,
  },
  {
    kind: "gauge",
    name: "rill_response_body_bytes",
    help: "Memory of unary responses that are being made or wait for their readers.",
    read: ({ calls }) => calls.responseBytes,
  },
  {
    kind: "counter",
    name: "rill_streams_refused_total",
    help: "Streams refused because their connection reset too many before.",
    read: ({ calls }) => calls.refusedStreams,
  },
];
