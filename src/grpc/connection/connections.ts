import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { Server as TlsServer, type TLSSocket } from "node:tls";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { type Logger, RareWarning } from "../../telemetry/logger.js";
import { RawSockets } from "../../tls/raw-sockets.js";
import type { Http2Listener } from "./http2-listener.js";

const LOOK_INTERVAL_MS = 250;
/** How long the peer may keep its side open after the session is closed. */
const LINGER_LIMIT_MS = 5_000;
/** The longest idle time of a connection while the server is crowded. */
const CROWDED_IDLE_LIMIT_MS = 5_000;
/** The share of free connections below which the server is crowded and idle connections make room. */
const SPARE_SHARE = 1 / 8;
const WARNING_INTERVAL_MS = 10 * 60_000;

/** The limits from the settings and from the process's descriptors. */
export interface ConnectionBounds {
  /** The number of concurrent connections on all addresses together. */
  readonly max: number;
  /** How long calls may continue after their connection has reached its age. */
  readonly ageGraceMs: number;
}

/** The reasons for which the server closes connections itself. A close by the peer, keepalive and age do not count. */
export type ConnectionClosing = "handshake" | "idle" | "crowded" | "lingering";

/** The state of the connections for the metrics. */
export interface ConnectionReport {
  readonly open: number;
  readonly capacity: number;
  /** Since the start. */
  readonly refused: number;
  /** Since the start. */
  readonly closed: Readonly<Record<ConnectionClosing, number>>;
}

export interface ConnectionsOptions {
  readonly max: number;
  readonly limits: Pick<Limits, "connectionHandshakeMs" | "connectionIdleMs">;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Bounds the gRPC connections of the process, each of which takes a descriptor, and closes unused ones. Beyond the bound a new connection is closed
 * at once. Before that, when few are free, connections without streams make room, those idle for longest first.
 *
 * Promises: no connection with a stream is closed here, and the descriptor of a closed connection is free within seconds, whatever its peer does.
 */
export class Connections implements Disposable {
  readonly #options: ConnectionsOptions;
  readonly #warning: RareWarning;
  readonly #open = new Map<Socket, Connection>();
  readonly #openOn = new Map<Http2Listener, number>();
  readonly #rawSockets = new RawSockets();
  readonly #closed: Record<ConnectionClosing, number> = { handshake: 0, idle: 0, crowded: 0, lingering: 0 };
  #refused = 0;
  /** The connection whose session Node creates next, in the same turn of the event loop. */
  #arriving: Connection | undefined;
  #timer: Disposable | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { log, clock } = options;
    this.#warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
  }

  /** Watches a listener, one of possibly several. Call it before the listener listens. */
  watch(listener: Http2Listener): void {
    this.#openOn.set(listener, 0);
    this.#bound();
    // These listeners must be the first ones, because Node's own listener creates the session: at once, or after the handshake of TLS.
    if (listener instanceof TlsServer) {
      listener.prependListener("secureConnection", (secure: TLSSocket) => this.#secure(secure));
      listener.prependListener("connection", (socket: Socket) => void this.#accept(listener, socket));
      this.#rawSockets.watch(listener);
    } else {
      listener.prependListener("connection", (socket: Socket) => (this.#arriving = this.#accept(listener, socket)));
    }
    listener.on("session", (session: ServerHttp2Session) => this.#attach(session));
    listener.on("drop", () => this.#refuse());
    listener.once("listening", () => {
      // Without a listener, a failure to accept a connection would end the process.
      listener.on("error", (err: Error) => this.#warning.warn(() => ({ err }), "a connection could not be accepted"));
    });
  }

  /** @throws Error if there is no listener, because grpc-js listens elsewhere than grpc-js-internals.ts assumes */
  requireListener(): void {
    if (this.#openOn.size === 0) {
      throw new Error("no address is watched for connections: src/grpc/gate/grpc-js-internals.ts must follow grpc-js");
    }
  }

  get report(): ConnectionReport {
    const { max } = this.#options;
    return { open: this.#open.size, capacity: max, refused: this.#refused, closed: { ...this.#closed } };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #accept(listener: Http2Listener, socket: Socket): Connection {
    const connection = new Connection(socket, this.#options.clock);
    this.#open.set(socket, connection);
    this.#count(listener, 1);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#count(listener, -1);
    });
    this.#timer ??= this.#startTimer();
    return connection;
  }

  /** Finds the connection whose handshake of TLS is complete. If its peer has left, nobody misses it. */
  #secure(secure: TLSSocket): void {
    const socket = this.#rawSockets.below(secure);
    this.#arriving = socket === undefined ? undefined : this.#open.get(socket);
  }

  #attach(session: ServerHttp2Session): void {
    const connection = this.#arriving;
    this.#arriving = undefined;
    if (connection !== undefined) connection.attach(session);
    else if ((session.socket as Partial<TLSSocket>).encrypted === true) session.destroy();
    else throw new Error("a session came without its connection");
  }

  #count(listener: Http2Listener, change: number): void {
    this.#openOn.set(listener, (this.#openOn.get(listener) ?? 0) + change);
    this.#bound();
  }

  /** Divides the bound between the listeners, because Node has a bound per listener. */
  #bound(): void {
    for (const [listener, open] of this.#openOn) {
      // Node 20 interprets 0 as no bound.
      listener.maxConnections = this.#options.max - (this.#open.size - open) || -1;
    }
  }

  #refuse(): void {
    this.#refused += 1;
    this.#warning.warn(
      () => ({ open: this.#open.size, maxConnections: this.#options.max, refused: this.#refused }),
      "connections are refused: as many are open as --max-connections allows",
    );
  }

  #startTimer(): Disposable {
    return this.#options.clock.startTimer(LOOK_INTERVAL_MS, () => {
      this.#timer = undefined;
      this.#look();
      if (this.#open.size > 0) this.#timer = this.#startTimer();
    });
  }

  #look(): void {
    const { connectionHandshakeMs, connectionIdleMs } = this.#options.limits;
    for (const connection of this.#open.values()) {
      if (connection.lingeringMs() >= LINGER_LIMIT_MS) this.#cut(connection, "lingering");
      else if (connection.isClosing) continue;
      else if (connection.handshakeMs() >= connectionHandshakeMs) this.#cut(connection, "handshake");
      else if (connection.idleMs() >= connectionIdleMs) this.#close(connection, "idle");
    }
    this.#makeRoom();
  }

  #makeRoom(): void {
    const { max } = this.#options;
    const spare = Math.max(1, Math.floor(max * SPARE_SHARE));
    if (this.#open.size <= max - spare) return;
    const staying = [...this.#open.values()].filter((connection) => !connection.isClosing);
    const idle = staying
      .map((connection) => ({ connection, idleMs: connection.idleMs() }))
      .filter(({ idleMs }) => idleMs >= CROWDED_IDLE_LIMIT_MS)
      .toSorted((one, other) => other.idleMs - one.idleMs);
    const surplus = Math.max(0, staying.length - (max - spare));
    for (const { connection } of idle.slice(0, surplus)) this.#close(connection, "crowded");
  }

  #close(connection: Connection, reason: ConnectionClosing): void {
    this.#closed[reason] += 1;
    connection.close();
  }

  #cut(connection: Connection, reason: ConnectionClosing): void {
    this.#closed[reason] += 1;
    connection.cut();
  }
}

/** A connection of a client, from its acceptance until its descriptor is free. */
class Connection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #acceptedMs: number;
  #session: ServerHttp2Session | undefined;
  #isEstablished = false;
  #openStreams = 0;
  #idleSinceMs: number;
  /** The time since which the session has been closed and without streams, or undefined. */
  #closedSinceMs: number | undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#acceptedMs = clock.nowMs();
    this.#idleSinceMs = this.#acceptedMs;
  }

  /** The peer's SETTINGS complete its side of the handshake, because HTTP/2 has them follow the preface. */
  attach(session: ServerHttp2Session): void {
    this.#session = session;
    session.once("remoteSettings", () => {
      this.#isEstablished = true;
    });
    session.on("stream", (stream) => this.#addStream(stream));
  }

  /** Whether the connection is over: either side has closed it, or its descriptor is free. */
  get isClosing(): boolean {
    return this.#socket.destroyed || (this.#session?.closed ?? false);
  }

  /** How long the connection has had no stream. It is 0 while it has one. */
  idleMs(): number {
    return this.#openStreams > 0 ? 0 : this.#clock.nowMs() - this.#idleSinceMs;
  }

  /** How long the peer has owed its side of the handshake. It is 0 once the handshake is complete. */
  handshakeMs(): number {
    return this.#isEstablished ? 0 : this.#clock.nowMs() - this.#acceptedMs;
  }

  /** How long the session has been closed and without streams, as seen by earlier calls. It is 0 while it is open, and after it is cut. */
  lingeringMs(): number {
    if (this.#socket.destroyed) return 0;
    const isClosed = this.#openStreams === 0 && (this.#session?.closed ?? false);
    if (!isClosed) this.#closedSinceMs = undefined;
    else this.#closedSinceMs ??= this.#clock.nowMs();
    return this.#closedSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#closedSinceMs;
  }

  /**
   * Sends GOAWAY and closes once the streams are finished. The peer may keep its side open, so the descriptor is free only after that or after a cut.
   */
  close(): void {
    if (this.#session === undefined || !this.#isEstablished) this.cut();
    else if (!this.#session.closed) this.#session.close();
  }

  /** Frees the descriptor, whatever the peer does. */
  cut(): void {
    this.#socket.destroy();
  }

  #addStream(stream: ServerHttp2Stream): void {
    // A connection that was reset at once may be closed already.
    if (stream.destroyed) return;
    this.#openStreams += 1;
    stream.once("close", () => {
      this.#openStreams -= 1;
      this.#idleSinceMs = this.#clock.nowMs();
    });
  }
}
