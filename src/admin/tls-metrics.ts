import { HANDSHAKE_FAILURES } from "../tls/handshakes.js";
import { sampleEach, type ServerMetric } from "./server-view.js";

/** The metrics of TLS: the server's certificates, and the handshakes on the gRPC port. */
export const TLS_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_tls_certificate_days_left",
    help: "Days until a certificate of the server expires, by the path of its file; negative once it has.",
    labelNames: ["file"],
    readAll: ({ certificates }) =>
      [...(certificates?.daysLeft ?? [])].map(([file, value]) => ({ labels: { file }, value })),
  },
  {
    kind: "counter",
    name: "rill_tls_certificate_reloads_total",
    help: "Times that changed certificate files were read: replaced, or failed, which leaves the old certificates in use.",
    labelNames: ["outcome"],
    readAll: ({ certificates }) =>
      sampleEach("outcome", ["replaced", "failed"] as const, (outcome) => certificates?.[outcome] ?? 0),
  },
  {
    kind: "counter",
    name: "rill_tls_handshakes_total",
    help: "Handshakes of TLS that were completed on the gRPC port.",
    read: ({ handshakes }) => handshakes.completed,
  },
  {
    kind: "counter",
    name: "rill_tls_handshakes_failed_total",
    help: "Handshakes of TLS that failed on the gRPC port, by reason.",
    labelNames: ["reason"],
    readAll: ({ handshakes }) => sampleEach("reason", HANDSHAKE_FAILURES, (reason) => handshakes.failed[reason]),
  },
];
