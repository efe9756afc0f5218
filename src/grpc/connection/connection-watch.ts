import type { ServerHttp2Session } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Clock } from "../../sync/clock.js";
import { ConnectionProbe } from "./connection-probe.js";

/** The interval between looks. The third look after its last bytes detects a dead connection. */
const LOOK_INTERVAL_MS = 250;

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
