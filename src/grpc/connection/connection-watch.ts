import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Server } from "@grpc/grpc-js";
import type { Clock } from "../../sync/clock.js";

/** The interval between looks. The third look after its last bytes detects a dead connection. */
const LOOK_INTERVAL_MS = 250;
/** The size of a PING frame and of its response. */
const PING_BYTES = 17;
/** The number of unanswered pings. Node allows ten, and the keepalive of grpc-js needs some of them. */
const MAX_UNANSWERED_PINGS = 5;

/** The data of grpc-js about each address that it listens on. */
interface Listener {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/**
 * Looks at every connection of a server four times a second, and closes those whose peer has broken the HTTP/2 protocol within a second. It reaches
 * behind the types of grpc-js, whose sessions are private. Disposing it ends the watch and leaves the connections open.
 */
export class ConnectionWatch implements Disposable {
  readonly #listeners: ReadonlyMap<unknown, Listener>;
  readonly #clock: Clock;
  readonly #probes = new WeakMap<ServerHttp2Session, ConnectionProbe>();
  #timer: Disposable | undefined;
  #disposed = false;

  private constructor(listeners: ReadonlyMap<unknown, Listener>, clock: Clock) {
    this.#listeners = listeners;
    this.#clock = clock;
  }

  /**
   * @param server a server that listens already
   * @throws Error if grpc-js keeps its sessions elsewhere than this file assumes
   */
  static start(server: Server, clock: Clock): ConnectionWatch {
    const listeners = (server as unknown as { readonly http2Servers?: ReadonlyMap<unknown, Listener> }).http2Servers;
    const [listener] = listeners instanceof Map ? (listeners.values() as Iterable<Partial<Listener>>) : [];
    if (listeners === undefined || !(listener?.sessions instanceof Set)) {
      throw new Error(
        "this release of @grpc/grpc-js keeps its HTTP/2 sessions elsewhere: src/grpc/connection/connection-watch.ts must follow",
      );
    }
    const watch = new ConnectionWatch(listeners, clock);
    watch.#rearm();
    return watch;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #rearm(): void {
    if (this.#disposed) return;
    // A look happens at the end of a round of the event loop, so that a full round lies between two looks, however late the timers are.
    this.#timer = this.#clock.startTimer(LOOK_INTERVAL_MS, () => setImmediate(() => this.#lookAtAll()));
  }

  #lookAtAll(): void {
    for (const { sessions } of this.#listeners.values()) {
      for (const session of sessions) this.#probeOf(session).look();
    }
    this.#rearm();
  }

  #probeOf(session: ServerHttp2Session): ConnectionProbe {
    const known = this.#probes.get(session);
    if (known !== undefined) return known;
    const probe = new ConnectionProbe(session);
    this.#probes.set(session, probe);
    return probe;
  }
}

/**
 * Closes a connection whose peer has broken the HTTP/2 protocol. Node 20 responds to most such errors with GOAWAY, and then the session neither reads
 * nor writes while its socket stays open, without any event. The only sign is a ping that is not written although the socket has room.
 *
 * Promises: a healthy session is never closed, however slow its peer. A session that writes by itself, or that has received nothing since it last
 * proved itself, costs one look; any other session costs one ping. A peer that answers no pings is not asked for ever, because keepalive closes its
 * connection.
 */
export class ConnectionProbe {
  readonly #session: ServerHttp2Session;
  /** The bytes written at the previous look. */
  #writtenBytes = 0;
  /** The bytes received when the session last proved itself, less the responses to our own pings. */
  #provenBytes = 0;
  #sentPings = 0;
  #answeredPings = 0;
  /** The bytes received when the unjudged ping was handed over, or undefined if there is none. */
  #askedBytes: number | undefined;

  constructor(session: ServerHttp2Session) {
    this.#session = session;
  }

  /** Looks at the session. Between two looks, Node must go through its event loop once, so that a ping is written. */
  look(): void {
    if (this.#session.destroyed) return;
    const { socket } = this.#session;
    const writes = socket.bytesWritten !== this.#writtenBytes;
    this.#writtenBytes = socket.bytesWritten;
    if (writes) {
      this.#provenBytes = this.#askedBytes ?? this.#provenBytes;
      this.#askedBytes = undefined;
    } else if (this.#askedBytes !== undefined) this.#session.destroy();
    else this.#ask(socket);
  }

  #ask(socket: Socket): void {
    const receivedBytes = socket.bytesRead - this.#answeredPings * PING_BYTES;
    if (receivedBytes === this.#provenBytes || this.#sentPings - this.#answeredPings >= MAX_UNANSWERED_PINGS) return;
    if (waitingBytes(socket) > 0) return;
    this.#askedBytes = receivedBytes;
    this.#sentPings += 1;
    this.#session.ping((error) => {
      if (error === null) this.#answeredPings += 1;
    });
  }
}

/**
 * The bytes that the operating system has not accepted yet, behind which HTTP/2 frames wait. Node has no public name for them. If they are unknown,
 * the socket counts as full.
 */
function waitingBytes(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize: number } };
  return handle?.writeQueueSize ?? Infinity;
}
