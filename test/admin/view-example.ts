import type { ServerView } from "../../src/admin/server-view.js";
import type { Lifecycle } from "../../src/core/load-snapshot.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { StoreTally } from "../../src/sessions/link/store-tally.js";
import { LOAD_EXAMPLE } from "./load-example.js";

const tally = new StoreTally();
tally.observe("openTurn", { ok: true, value: undefined }, 4);
tally.observe("commitTurn", { ok: false, problem: { type: "fenced_out" } }, 7);
tally.observe("sweep", { ok: false, problem: { type: "unavailable", fault: "disk_full", message: "" } }, 900);
const STORE_EXAMPLE = tally.report(3);

/** The view of a server in this state. */
export const viewIn = (lifecycle: Lifecycle): ServerView => ({
  version: "1.2.3",
  lifecycle,
  limits: DEFAULT_LIMITS,
  load: lifecycle === "starting" ? undefined : LOAD_EXAMPLE,
  calls: {
    calls: 3,
    pendingCalls: 2,
    requestBytes: 4_096,
    responseBytes: 8_192,
    refusedStreams: 7,
    refusedCalls: new Map([
      ["MESSAGE_TOO_LARGE", 2],
      ["HTTP_415", 1],
    ]),
  },
  store: STORE_EXAMPLE,
  connections: { open: 12, capacity: 4_096, refused: 5, closed: { handshake: 1, idle: 2, crowded: 3, lingering: 4 } },
  tenantUsage: [{ tenant: "acme", generations: 2, inputTokens: 30, reusedInputTokens: 10, outputTokens: 40 }],
  usageLog: { writtenLines: 2, waitingLines: 1, lostLines: 0 },
  auditLog: undefined,
  certificates: { daysLeft: new Map([["/etc/rill/tls.crt", 12.5]]), replaced: 4, failed: 1 },
  handshakes: {
    completed: 21,
    failed: {
      timeout: 1,
      not_tls: 2,
      no_common: 3,
      no_h2: 4,
      client_certificate: 5,
      refused_by_client: 6,
      closed: 7,
      other: 8,
    },
  },
  droppedLogLines: 9,
});
