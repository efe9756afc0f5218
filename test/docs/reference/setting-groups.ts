/** Settings that a reader looks for together. */
export interface SettingGroup {
  readonly title: string;
  /** The paragraph that introduces the group, as Markdown. */
  readonly about: string;
  /** The names in the order of the page. A name that ends in `*` stands for every remaining setting that begins so. */
  readonly names: readonly string[];
}

/** The order of the page. Every setting belongs to exactly one group. */
export const SETTING_GROUPS: readonly SettingGroup[] = [
  {
    title: "Model",
    about: "The model that the server serves, and where it comes from.",
    names: ["model", "model-cache", "hub", "context-tokens"],
  },
  {
    title: "Addresses",
    about:
      "Where the server listens, how it encrypts, and whom it trusts. [TLS](tls.md) shows how to set it up. Without it the server listens on this machine alone, unless `--insecure-listen` allows more.",
    names: [
      "listen",
      "insecure-listen",
      "tls-cert",
      "tls-key",
      "tls-client-ca",
      "tls-min-version",
      "health-listen",
      "admin-listen",
      "admin-hosts",
      "trusted-proxy",
      "instance-id",
    ],
  },
  {
    title: "Callers",
    about:
      "How the server tells who calls, and what it shows to whom. [Identity](identity.md) explains the tenants file, keys, JWTs and certificates.",
    names: ["tenants", "jwt-*", "trusted-proxy-identity", "reflection"],
  },
  {
    title: "Computing",
    about:
      "How the engine uses processor, GPU and memory. [Operating](operating.md) says how to size a machine with them.",
    names: [
      "slots",
      "threads",
      "gpu",
      "prefill-budget",
      "speculation",
      "shared-prefixes",
      "saved-state-size",
      "state-directory",
      "step-limit",
      "max-engine-faults",
    ],
  },
  {
    title: "Stopping and logging",
    about: "What happens at SIGTERM, and what the log holds.",
    names: ["drain-delay", "drain-grace", "log-level", "log-format"],
  },
  {
    title: "Usage and audit",
    about: "The [usage log](operating.md#usage-for-billing) for billing, and the [audit log](operating.md#audit-log).",
    names: ["usage-log*", "audit-log*", "metrics-tenants"],
  },
  {
    title: "Queue",
    about: "How many calls the server takes, how long they may wait and run, and how the lanes share the slots.",
    names: [
      "max-calls",
      "lane-weights",
      "queue-per-slot",
      "max-queue-wait",
      "max-caller-wait",
      "max-preempted",
      "max-generation-time",
    ],
  },
  {
    title: "Readers",
    about:
      "How far decoding may run ahead of a reader, and when a slow reader is cut off. [Streaming](streaming.md) explains both.",
    names: [
      "credit-pieces",
      "credit-size",
      "slow-reader-stall",
      "slow-reader-rate",
      "slow-reader-window",
      "slow-reader-grace",
      "max-slow-reader-limit",
      "default-heartbeat",
      "min-heartbeat",
      "max-heartbeat",
      "max-chunk-delay",
    ],
  },
  {
    title: "Requests",
    about: "The bounds of a single request. A request beyond one of them is refused, and the error names the field.",
    names: [
      "max-message-size",
      "max-metadata-size",
      "max-total-request-size",
      "max-total-response-size",
      "request-timeout",
      "max-output-tokens",
      "max-messages",
      "max-stop-*",
      "max-logit-*",
      "max-dry-*",
      "max-top-logprobs",
      "max-label*",
      "max-id-size",
    ],
  },
  {
    title: "Tools and structured output",
    about: "The bounds of [tools](tools.md) and of [constraints](structured-output.md) on the form of an answer.",
    names: [
      "max-tools",
      "max-tool-*",
      "max-template-argument-size",
      "max-schema-size",
      "max-choice*",
      "max-gbnf-size",
      "max-grammar-*",
    ],
  },
  {
    title: "Sessions",
    about: "Where [sessions](sessions.md) are stored, and how many and how long.",
    names: [
      "store",
      "store-connections",
      "store-statement-timeout",
      "max-sessions",
      "max-session-turns",
      "max-session-size",
      "max-session-age",
      "session-idle-timeout",
      "max-session-idle-timeout",
      "max-page-size",
      "turn-lease",
    ],
  },
  {
    title: "Memory of ended generations",
    about: "What GetGeneration and idempotency keys find after a generation has ended.",
    names: ["max-ledger-*", "max-idempotency-*"],
  },
  {
    title: "Connections",
    about: "The bounds of each gRPC connection, and of all of them.",
    names: [
      "max-connections",
      "max-connection-streams",
      "connection-handshake-timeout",
      "max-connection-idle",
      "max-connection-age",
      "max-connection-age-grace",
      "keepalive-time",
      "keepalive-timeout",
    ],
  },
  {
    title: "Watchers",
    about: "Streams that tell load and health, and the streams of server reflection.",
    names: [
      "max-load-watchers",
      "min-watch-interval",
      "max-watch-interval",
      "max-health-watchers",
      "max-reflection-streams",
    ],
  },
];
