import { AdminServer } from "../admin/admin-server.js";
import type { Backend } from "../generation/call/backend.js";
import type { FailedChecks } from "../grpc/connection/failed-checks.js";
import type { GrpcServer } from "../grpc/grpc-server.js";
import type { ServerIdentity } from "../identity/server-identity.js";
import { parseAddress } from "../machine/address.js";
import type { LifecycleState } from "../scheduler/lifecycle-state.js";
import type { CalledStore } from "../sessions/link/called-store.js";
import type { Config } from "../settings/config.js";
import { VERSION } from "../settings/version.js";
import type { ServerRecords } from "./server-records.js";
import { systemClock } from "../sync/clock.js";
import type { RootLogger } from "../telemetry/logger.js";
import type { Certificates } from "../tls/certificates.js";

/** The parts of the server that the admin port shows. */
export interface ShownParts {
  readonly config: Config;
  readonly lifecycle: LifecycleState;
  readonly log: RootLogger;
  /** Returns the backend, or undefined until the model is loaded. */
  readonly backend: () => Backend | undefined;
  readonly store: CalledStore;
  readonly rpc: GrpcServer;
  readonly records: ServerRecords;
  readonly identity: ServerIdentity;
  readonly certificates: Certificates | undefined;
  readonly failedChecks: FailedChecks;
}

/** Starts the admin port. Returns undefined if it is off. */
export async function startAdmin(shown: ShownParts): Promise<AdminServer | undefined> {
  const { config, lifecycle, log, backend, store, rpc, records, identity, certificates, failedChecks } = shown;
  const { adminListen } = config;
  const listen = adminListen === "off" ? undefined : parseAddress(adminListen.address);
  if (adminListen === "off" || listen === undefined) return undefined;
  return AdminServer.start({
    listen,
    certificates: adminListen.security === "plaintext" ? undefined : certificates,
    maxConnections: config.connections.adminMax,
    hosts: config.adminHosts,
    access: identity.isConfigured ? { identify: identity.identify, audit: records, failedChecks } : undefined,
    view: () => ({
      version: VERSION,
      lifecycle: lifecycle.current,
      limits: config.limits,
      calls: rpc.report(),
      load: backend()?.scheduler.load(),
      store: store.report,
      connections: rpc.connections,
      certificates: certificates?.report,
      handshakes: rpc.handshakes,
      ...records.report,
      droppedLogLines: log.droppedLines,
    }),
    log,
    clock: systemClock,
  });
}
