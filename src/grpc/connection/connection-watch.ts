import type { ServerHttp2Session } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Clock } from "../../sync/clock.js";
import { ConnectionProbe } from "./connection-probe.js";

/** A dead connection is found out by the third look after its last bytes. */
const LOOK_INTERVAL_MS = 250;

/** What grpc-js knows of each address that it listens on. */
interface Listener {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/**
 * Looks at every connection of a server four times a second, and closes those whose peer broke the HTTP/2 protocol within a second.
 * Reaches behind grpc-js's types: its sessions are private. Disposing ends the watch and leaves the connections alone.
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

  /** @param server listening already @throws Error when grpc-js keeps its sessions elsewhere than this file believes */
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
    // A look stands at the end of a round of the event loop, so that a whole round lies between two, however late the timers are.
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
