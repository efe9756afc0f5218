import { Server as TlsServer } from "node:tls";
import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
} from "@grpc/grpc-js";
import type { Limits } from "../core/limits.js";
import type { ListenAddress } from "../machine/listen-address.js";
import type { Certificates } from "../tls/certificates.js";
import type { Handshakes } from "../tls/handshakes.js";
import type { CallHost } from "./call/call-context.js";
import { addResponseHeaders, CallWire } from "./call/call-wire.js";
import { bindAddress } from "./connection/bind-address.js";
import { ConnectionWatch } from "./connection/connection-watch.js";
import type { Connections } from "./connection/connections.js";
import { watchPeers } from "./connection/peers.js";
import { TlsCredentials } from "./connection/tls-credentials.js";
import type { DescriptorSet } from "./contract/descriptor-set.js";
import { addStrictService, type StrictService } from "./contract/service-definition.js";
import type { ProxyDeadlines } from "./gate/call-deadlines.js";
import { onEachListener, raiseSessionLimits } from "./gate/grpc-js-internals.js";
import { type PathFacts, RequestGate } from "./gate/request-gate.js";

export interface ListeningServerOptions {
  readonly host: CallHost;
  readonly services: readonly StrictService[];
  readonly descriptors: DescriptorSet;
  /** The addresses, at least one. */
  readonly listen: readonly ListenAddress[];
  /** The certificates of the addresses with TLS, or undefined if there are none. */
  readonly certificates: Certificates | undefined;
  readonly handshakes: Handshakes;
  readonly connections: Connections;
  /** How long calls may continue after their connection has reached its age. */
  readonly ageGraceMs: number;
  readonly proxyDeadlines: ProxyDeadlines;
  readonly instanceId: string;
}

/** A server of grpc-js that serves the same services on several addresses, behind the gate. */
export class ListeningServer {
  /** The bound addresses, with the actual ports. */
  readonly addresses: readonly ListenAddress[];
  readonly #server: Server;
  readonly #gate: RequestGate;
  readonly #connectionWatch: ConnectionWatch;
  readonly #credentials: readonly TlsCredentials[];

  private constructor(parts: {
    addresses: readonly ListenAddress[];
    server: Server;
    gate: RequestGate;
    connectionWatch: ConnectionWatch;
    credentials: readonly TlsCredentials[];
  }) {
    this.addresses = parts.addresses;
    this.#server = parts.server;
    this.#gate = parts.gate;
    this.#connectionWatch = parts.connectionWatch;
    this.#credentials = parts.credentials;
  }

  /** @throws Error with the reason if an address is not available, or if the generated files of the contract do not match the services */
  static async start(options: ListeningServerOptions): Promise<ListeningServer> {
    const { host, services, descriptors, connections, handshakes, proxyDeadlines, instanceId } = options;
    const server = new Server({
      ...serverOptions(host.limits, options.ageGraceMs),
      interceptors: [callGuard(host)],
    });
    raiseSessionLimits(server);
    const credentials: TlsCredentials[] = [];
    try {
      for (const service of services) addStrictService(server, service, descriptors.registry);
      const gate = new RequestGate({ host, paths: pathsOf(services), proxyDeadlines });
      onEachListener(server, (listener) => {
        watchPeers(listener);
        connections.watch(listener);
        gate.standBefore(listener);
        addResponseHeaders(listener, { instanceId, maxIdBytes: host.limits.idBytes });
        if (listener instanceof TlsServer) handshakes.watch(listener);
      });
      const addresses: ListenAddress[] = [];
      for (const { security, address } of options.listen) {
        const own = createCredentials(options, security);
        if (own instanceof TlsCredentials) credentials.push(own);
        addresses.push({ security, address: await bindAddress(server, address, own) });
      }
      connections.requireListener();
      const connectionWatch = ConnectionWatch.start(server, host.clock);
      return new ListeningServer({ addresses, server, gate, connectionWatch, credentials });
    } catch (error) {
      for (const each of credentials) each[Symbol.dispose]();
      server.forceShutdown();
      throw error;
    }
  }

  /** The calls whose message is incomplete. */
  get pendingCalls(): number {
    return this.#gate.pendingCalls;
  }

  /** The streams refused in reset storms since the start. */
  get refusedStreams(): number {
    return this.#gate.refusedStreams;
  }

  /** Refuses new connections and new calls, and resolves once all calls have ended. */
  close(): Promise<void> {
    return new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** Cuts all connections. */
  cut(): void {
    this.#server.forceShutdown();
  }

  /** Ends the watch of connections and of certificates. */
  endWatch(): void {
    this.#connectionWatch[Symbol.dispose]();
    for (const each of this.#credentials) each[Symbol.dispose]();
  }
}

function createCredentials(
  { certificates, host }: ListeningServerOptions,
  security: ListenAddress["security"],
): ServerCredentials {
  if (security === "plaintext") return ServerCredentials.createInsecure();
  if (certificates === undefined) throw new Error(`an address with the security ${security} needs a certificate`);
  return new TlsCredentials({ certificates, security, handshakeMs: host.limits.connectionHandshakeMs });
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
function serverOptions(limits: Limits, ageGraceMs: number): ServerOptions {
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
