import {
  logVerbosity,
  Server,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { HealthService } from "../../generated/grpc/health/v1/health.js";
import { ServerReflectionService } from "../../generated/grpc/reflection/v1/reflection.js";
import { ServerReflectionService as AlphaReflectionService } from "../../generated/grpc/reflection/v1alpha/reflection.js";
import type { CallsReport } from "../core/calls.js";
import { GenerationError } from "../core/generation-error.js";
import type { Limits } from "../core/limits.js";
import type { LifecycleState } from "../scheduler/lifecycle-state.js";
import { type Clock, RunningClock } from "../sync/clock.js";
import { WorkPace } from "../sync/work-pace.js";
import type { Logger } from "../telemetry/logger.js";
import { addResponseHeaders, CallWire } from "./call/call-wire.js";
import { bindAddress } from "./connection/bind-address.js";
import type { CallHost } from "./call/call-context.js";
import { ConnectionWatch } from "./connection/connection-watch.js";
import { type ConnectionBounds, type ConnectionReport, Connections } from "./connection/connections.js";
import { watchPeers } from "./connection/peers.js";
import { onEachListener, raiseSessionLimits } from "./gate/grpc-js-internals.js";
import { OpenCalls } from "./call/call-scope.js";
import { RefusalLog } from "./call/refusal-log.js";
import { CallLimit, RequestBytes, ResponseBudget } from "./call/call-limits.js";
import { ProxyDeadlines, TrustedProxies } from "./gate/call-deadlines.js";
import { type PathFacts, RequestGate } from "./gate/request-gate.js";
import type { DescriptorSet } from "./contract/descriptor-set.js";
import { addStrictService, serviceName, type StrictService } from "./contract/service-definition.js";
import { createHealthService, HEALTH_ACCESS } from "./standard/health-service.js";
import { createReflectionService, type ReflectionMode, reflectionAccess } from "./standard/reflection-service.js";

export interface GrpcServerOptions {
  /** The address: `host:port`, with port 0 for any free port, or `unix:path`. */
  readonly listen: string;
  /** Creates the services of every protocol for the calls of a host. Health and reflection are added to them. */
  readonly services: (host: CallHost) => readonly StrictService[];
  /** The descriptors of all services. */
  readonly descriptors: DescriptorSet;
  readonly identify: CallHost["identify"];
  /** The callers that reflection takes: identified ones, those of them on this machine, or nobody, to whom it is UNIMPLEMENTED. */
  readonly reflection: ReflectionMode;
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
  /** The bound address, with the actual port. */
  readonly address: string;
  readonly #server: Server;
  readonly #host: CallHost;
  readonly #connections: Connections;
  readonly #gate: RequestGate;
  readonly #connectionWatch: ConnectionWatch;

  private constructor(parts: {
    server: Server;
    host: CallHost;
    gate: RequestGate;
    connections: Connections;
    connectionWatch: ConnectionWatch;
    address: string;
  }) {
    this.#gate = parts.gate;
    this.#server = parts.server;
    this.#host = parts.host;
    this.#connections = parts.connections;
    this.#connectionWatch = parts.connectionWatch;
    this.address = parts.address;
  }

  /** @throws Error with the reason if the address is not available, or if the generated files of the contract do not match the services */
  static async start(options: GrpcServerOptions): Promise<GrpcServer> {
    // grpc-js also prints to the console the errors that it throws.
    setLogVerbosity(logVerbosity.NONE);
    const { limits, clock, log, identify, descriptors } = options;
    const runningClock = new RunningClock(clock);
    const host: CallHost = {
      identify,
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
    const server = new Server({ ...serverOptions(limits, options.connections), interceptors: [callGuard(host)] });
    raiseSessionLimits(server);
    const connections = new Connections({ max: options.connections.max, limits, clock: host.runningClock, log });
    try {
      const services = withStandardServices(host, options);
      for (const service of services) addStrictService(server, service, descriptors.registry);
      const proxyDeadlines = new ProxyDeadlines({ trusted: new TrustedProxies(options.trustedProxies), clock, log });
      const gate = new RequestGate({ host, paths: pathsOf(services), proxyDeadlines });
      onEachListener(server, (listener) => {
        watchPeers(listener);
        connections.watch(listener);
        gate.standBefore(listener);
        addResponseHeaders(listener, { instanceId: options.instanceId, maxIdBytes: limits.idBytes });
      });
      const address = await bindAddress(server, options.listen);
      connections.requireListener();
      return new GrpcServer({
        server,
        host,
        gate,
        connections,
        connectionWatch: ConnectionWatch.start(server, clock),
        address,
      });
    } catch (error) {
      server.forceShutdown();
      throw error;
    }
  }

  /** The connections now. */
  get connections(): ConnectionReport {
    return this.#connections.report;
  }

  /** The resources that calls hold now. */
  report(): CallsReport {
    const { callLimit, requestBytes, responses } = this.#host;
    const { pendingCalls, refusedStreams } = this.#gate;
    return {
      calls: callLimit.open,
      pendingCalls,
      requestBytes: requestBytes.bytes,
      responseBytes: responses.bytes,
      refusedStreams,
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
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    using _force = clock.startTimer(graceMs + 2 * limits.slowReaderGraceMs, () => this.#server.forceShutdown());
    using _grace = clock.startTimer(graceMs, () =>
      openCalls.endAll(new GenerationError("DRAINED", "the time to finish before the server stops is over")),
    );
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connectionWatch[Symbol.dispose]();
    this.#host.openCalls.endAll(new GenerationError("DRAINED", "the server is closing"));
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    this.#server.forceShutdown();
    await closed;
    this.#host.refusals[Symbol.dispose]();
    this.#connections[Symbol.dispose]();
  }
}

function withStandardServices(
  host: CallHost,
  { services, descriptors, lifecycle, reflection }: GrpcServerOptions,
): StrictService[] {
  const own = services(host);
  const names = own.map(serviceName);
  const standard: StrictService[] = [
    {
      definition: HealthService,
      implementation: createHealthService(host, lifecycle, names),
      access: HEALTH_ACCESS,
      unwanted: "ignored",
    },
  ];
  if (reflection !== "off") {
    const implementation = createReflectionService(host, descriptors);
    const rules = { implementation, access: reflectionAccess(reflection), unwanted: "ignored" } as const;
    standard.push({ definition: ServerReflectionService, ...rules });
    standard.push({ definition: AlphaReflectionService, ...rules });
  }
  return [...own, ...standard];
}

function pathsOf(services: readonly StrictService[]): ReadonlyMap<string, PathFacts> {
  const methods = services.flatMap(({ definition, access }) =>
    Object.entries(definition).map(([name, method]) => ({ ...method, access: access[name] ?? [] })),
  );
  return new Map(methods.map(({ path, requestStream, access }) => [path, { streamsRequest: requestStream, access }]));
}

/** The first interceptor of every call behind the gate. It creates the wire of the call. */
function callGuard(host: CallHost): ServerInterceptor {
  return (method, call) => {
    const wire = new CallWire(call, { host, path: method.path });
    return new ServerInterceptingCall(call, {
      sendMetadata(metadata, pass) {
        // grpc-js announces that it accepts compressed messages, which the gate refuses.
        metadata.set("grpc-accept-encoding", "identity");
        pass(metadata);
      },
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            wire.bindTo(metadata);
            pass(metadata);
          },
        }),
    });
  };
}

/**
 * The options of grpc-js. Its defaults bound neither streams nor ages and send no keepalive. Its limit on idle connections stays off, because
 * connections.ts has one that also frees the descriptor if the peer keeps its side open.
 */
function serverOptions(limits: Limits, { ageGraceMs }: ConnectionBounds): ServerOptions {
  return {
    "grpc.max_receive_message_length": limits.messageBytes,
    "grpc.max_send_message_length": limits.messageBytes,
    "grpc.max_concurrent_streams": limits.streamsPerConnection,
    "grpc.keepalive_time_ms": limits.keepaliveTimeMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
    "grpc.max_connection_age_ms": limits.connectionAgeMs,
    "grpc.max_connection_age_grace_ms": ageGraceMs,
    "grpc.enable_channelz": 0,
  };
}
