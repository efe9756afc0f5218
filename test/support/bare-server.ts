import { UNRECORDED } from "./audit-entries.js";
import { DEFAULT_LIMITS, type Limits } from "../../src/core/limits.js";
import { KeyedGenerations } from "../../src/generation/claim/keyed-generations.js";
import { DescriptorSet } from "../../src/grpc/contract/descriptor-set.js";
import { FailedChecks } from "../../src/grpc/connection/failed-checks.js";
import { GrpcServer } from "../../src/grpc/grpc-server.js";
import { identifyCaller } from "../../src/identity/identify-caller.js";
import { readOldTurnRecord } from "../../src/rill/old-turn-record.js";
import { createRillServices } from "../../src/rill/rill-services.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { RunningTurns } from "../../src/sessions/running-turns.js";
import { type Clock, systemClock } from "../../src/sync/clock.js";
import { type Logger, silentLogger } from "../../src/telemetry/logger.js";
import type { Certificates } from "../../src/tls/certificates.js";
import { openStore } from "../sessions/store-rig.js";

export interface BareServerOptions {
  readonly listen: string;
  /** The certificates with which the address speaks TLS. Default: the address is plaintext. */
  readonly certificates?: Certificates;
  readonly limits?: Partial<Limits>;
  /** Default 100. */
  readonly maxConnections?: number;
  /** Default 1,000. */
  readonly ageGraceMs?: number;
  readonly instanceId: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** A server that stays at `starting`: all services of rill.v1, and nothing behind them. */
export async function startBareServer(options: BareServerOptions): Promise<GrpcServer> {
  const { clock = systemClock, log = silentLogger, instanceId, listen, certificates } = options;
  const security = certificates === undefined ? "plaintext" : "tls";
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const store = openStore({ type: "memory" });
  const turns = new RunningTurns({ store, leaseMs: 1_000, clock, log });
  const keyed = new KeyedGenerations(limits, clock);
  const lifecycle = new LifecycleState();
  const connections = { max: options.maxConnections ?? 100, ageGraceMs: options.ageGraceMs ?? 1_000 };
  const source = {
    lifecycle,
    backend: () => undefined,
    generations: { keyed, turns, readOldRecord: readOldTurnRecord, sharedPrefixes: "tenant" as const, limits, clock },
    store,
    connections,
    version: "0",
    instanceId,
  };
  return await GrpcServer.start({
    listen: [{ security, address: listen }],
    healthListen: undefined,
    certificates,
    services: (host) => createRillServices(host, source),
    descriptors: await DescriptorSet.read(),
    identify: identifyCaller,
    reflection: "on",
    audit: UNRECORDED,
    failedChecks: new FailedChecks(clock),
    lifecycle,
    limits,
    trustedProxies: [],
    connections,
    instanceId,
    log,
    clock,
  });
}
