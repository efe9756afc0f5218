import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { HealthService } from "../../generated/grpc/health/v1/health.js";
import { ServerReflectionService } from "../../generated/grpc/reflection/v1/reflection.js";
import { ServerReflectionService as AlphaReflectionService } from "../../generated/grpc/reflection/v1alpha/reflection.js";
import type { AuditTrail } from "../core/audit.js";
import type { CallsReport } from "../core/calls.js";
import { GenerationError } from "../core/generation-error.js";
import type { Limits } from "../core/limits.js";
import type { ListenAddress } from "../machine/listen-address.js";
import type { LifecycleState } from "../scheduler/lifecycle-state.js";
import { type Clock, RunningClock } from "../sync/clock.js";
import { WorkPace } from "../sync/work-pace.js";
import type { Logger } from "../telemetry/logger.js";
import type { Certificates } from "../tls/certificates.js";
import { type HandshakeReport, Handshakes } from "../tls/handshakes.js";
import type { CallHost } from "./call/call-context.js";
import { OpenCalls } from "./call/call-scope.js";
import { RefusalLog } from "./call/refusal-log.js";
import { CallLimit, RequestBytes, ResponseBudget } from "./call/call-limits.js";
import { type ConnectionBounds, type ConnectionReport, Connections } from "./connection/connections.js";
import type { DescriptorSet } from "./contract/descriptor-set.js";
import { serviceName, type StrictService } from "./contract/service-definition.js";
import { ProxyDeadlines, TrustedProxies } from "./gate/call-deadlines.js";
import { ListeningServer, type ListeningServerOptions } from "./listening-server.js";
import { createHealthService, HEALTH_ACCESS } from "./standard/health-service.js";
import { createReflectionService, type ReflectionMode, reflectionAccess } from "./standard/reflection-service.js";

export interface GrpcServerOptions {
  /** The addresses, at least one. Port 0 means any free port. */
  readonly listen: readonly ListenAddress[];
  /** The address for plaintext on which only health is served, or undefined for none. */
  readonly healthListen: string | undefined;
  /** The certificates of the addresses with TLS, or undefined if there are none. */
  readonly certificates: Certificates | undefined;
  /** Creates the services of every protocol for the calls of a host. Health and reflection are added to them. */
  readonly services: (host: CallHost) => readonly StrictService[];
  /** The descriptors of all services. */
  readonly descriptors: DescriptorSet;
  readonly identify: CallHost["identify"];
  /** The callers that reflection takes: identified ones, those of them on this machine, or nobody, to whom it is UNIMPLEMENTED. */
  readonly reflection: ReflectionMode;
  readonly audit: AuditTrail;
  /** The delay of callers whose credentials are refused again and again. */
  readonly failedChecks: CallHost["failedChecks"];
  readonly lifecycle: LifecycleState;
  readonly limits: Limits;
  readonly connections: ConnectionBounds;
  /** The proxies whose timeouts count as deadlines: addresses, prefixes and "unix". */
  readonly trustedProxies: readonly string[];
  /** The name of the server, in every response. */
  readonly instanceId: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The gRPC server, on the main thread. It starts before the model loads, so that health responds from the start. */
export class GrpcServer implements AsyncDisposable {
  /** The bound addresses, with the actual ports, in the order of the options. */
  readonly addresses: readonly ListenAddress[];
  /** The bound address for health alone, or undefined if there is none. */
  readonly healthAddress: string | undefined;
  /** The server of all services, and the one of health alone if there is one. */
  readonly #servers: readonly ListeningServer[];
  readonly #host: CallHost;
  readonly #connections: Connections;
  readonly #handshakes: Handshakes;

  private constructor(parts: {
    main: ListeningServer;
    health: ListeningServer | undefined;
    host: CallHost;
    connections: Connections;
    handshakes: Handshakes;
  }) {
    this.addresses = parts.main.addresses;
    this.healthAddress = parts.health?.addresses[0]?.address;
    this.#servers = [parts.main, ...(parts.health === undefined ? [] : [parts.health])];
    this.#host = parts.host;
    this.#connections = parts.connections;
    this.#handshakes = parts.handshakes;
  }

  /** @throws Error with the reason if an address is not available, or if the generated files of the contract do not match the services */
  static async start(options: GrpcServerOptions): Promise<GrpcServer> {
    // grpc-js also prints to the console the errors that it throws.
    setLogVerbosity(logVerbosity.NONE);
    const { limits, clock, log, descriptors, certificates, instanceId } = options;
    const host = createHost(options);
    const connections = new Connections({ max: options.connections.max, limits, clock: host.runningClock, log });
    const handshakes = new Handshakes({ clock, log });
    const proxyDeadlines = new ProxyDeadlines({ trusted: new TrustedProxies(options.trustedProxies), clock, log });
    const { ageGraceMs } = options.connections;
    const common = { host, descriptors, certificates, handshakes, connections, ageGraceMs, proxyDeadlines, instanceId };
    const services = withStandardServices(host, options);
    const main = await ListeningServer.start({
      ...common,
      services: Object.values(services).flat(),
      listen: options.listen,
    });
    const health = await startHealth(main, options.healthListen, { ...common, services: services.health });
    return new GrpcServer({ main, health, host, connections, handshakes });
  }

  /** The first of the bound addresses. */
  get address(): string {
    return this.addresses[0]?.address ?? "";
  }

  /** The connections now. */
  get connections(): ConnectionReport {
    return this.#connections.report;
  }

  /** The handshakes of TLS since the start. */
  get handshakes(): HandshakeReport {
    return this.#handshakes.report;
  }

  /** The resources that calls hold now. */
  report(): CallsReport {
    const { callLimit, requestBytes, responses } = this.#host;
    return {
      calls: callLimit.open,
      pendingCalls: sum(this.#servers.map(({ pendingCalls }) => pendingCalls)),
      requestBytes: requestBytes.bytes,
      responseBytes: responses.bytes,
      refusedStreams: sum(this.#servers.map(({ refusedStreams }) => refusedStreams)),
      refusedCalls: this.#host.refusals.counts,
    };
  }

  /** Ends the streams that have no end of their own (health, load, reflection) with DRAINING, and every later one at once. */
  endWatches(): void {
    this.#host.openCalls.endWatches();
  }

  /**
   * Refuses new connections and new calls (GOAWAY). Running calls may continue for the grace period. The remaining ones then end with DRAINED, and
   * are reset if their readers do not take even that.
   */
  async shutdown(graceMs: number): Promise<void> {
    this.endWatches();
    const { clock, limits, openCalls } = this.#host;
    const closed = this.#close();
    using _force = clock.startTimer(graceMs + 2 * limits.slowReaderGraceMs, () => this.#cut());
    using _grace = clock.startTimer(graceMs, () =>
      openCalls.endAll(new GenerationError("DRAINED", "the time to finish before the server stops is over")),
    );
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.endWatch();
    this.#host.openCalls.endAll(new GenerationError("DRAINED", "the server is closing"));
    const closed = this.#close();
    this.#cut();
    await closed;
    this.#host.refusals[Symbol.dispose]();
    this.#connections[Symbol.dispose]();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #cut(): void {
    for (const server of this.#servers) server.cut();
  }
}

function createHost({ identify, audit, failedChecks, limits, clock, log }: GrpcServerOptions): CallHost {
  const runningClock = new RunningClock(clock);
  return {
    identify,
    audit,
    failedChecks,
    limits,
    clock,
    runningClock,
    log,
    openCalls: new OpenCalls(),
    callLimit: new CallLimit(limits.calls),
    requestBytes: new RequestBytes(limits.totalRequestBytes),
    refusals: new RefusalLog({ clock, log }),
    responses: new ResponseBudget(limits.totalResponseBytes, runningClock),
    pace: new WorkPace(),
  };
}

/** Starts the server of health alone, if there is one. If that fails, the main one is closed. */
async function startHealth(
  main: ListeningServer,
  address: string | undefined,
  options: Omit<ListeningServerOptions, "listen">,
): Promise<ListeningServer | undefined> {
  if (address === undefined) return undefined;
  try {
    return await ListeningServer.start({ ...options, listen: [{ security: "plaintext", address }] });
  } catch (error) {
    main.endWatch();
    main.cut();
    throw error;
  }
}

interface ServedServices {
  readonly health: readonly StrictService[];
  readonly others: readonly StrictService[];
}

function withStandardServices(
  host: CallHost,
  { services, descriptors, lifecycle, reflection }: GrpcServerOptions,
): ServedServices {
  const own = services(host);
  const implementation = createHealthService(host, lifecycle, own.map(serviceName));
  const health: StrictService = {
    definition: HealthService,
    implementation,
    access: HEALTH_ACCESS,
    unwanted: "ignored",
  };
  return { health: [health], others: [...own, ...reflectionServices(host, descriptors, reflection)] };
}

function reflectionServices(
  host: CallHost,
  descriptors: DescriptorSet,
  reflection: ReflectionMode | "off",
): readonly StrictService[] {
  if (reflection === "off") return [];
  const implementation = createReflectionService(host, descriptors);
  const rules = { implementation, access: reflectionAccess(reflection), unwanted: "ignored" } as const;
  return [
    { definition: ServerReflectionService, ...rules },
    { definition: AlphaReflectionService, ...rules },
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
