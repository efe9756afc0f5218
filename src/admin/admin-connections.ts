import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../sync/clock.js";
import { type Logger, RareWarning } from "../telemetry/logger.js";
import { RawSockets } from "../tls/raw-sockets.js";

/** More connections than operators and their probes need at one time. */
const MAX_HELD = 64;
/** The share of the limit up to which connections stay open. The rest serves new connections until older ones are closed. */
const HELD_SHARE = 3 / 4;
/** The lifetime of a connection, which covers its request, the response and the peer's reading of it. */
const LIFE_LIMIT_MS = 10_000;
const WARNING_INTERVAL_MS = 10 * 60_000;

export interface AdminConnectionsOptions {
  /** The limit at which Node accepts no more connections. */
  readonly max: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface HeldConnection {
  readonly lifeTimer: Disposable;
  isAnswered: boolean;
}

/**
 * Tracks the connections of the admin port. A new connection is always served, whatever others hold: beyond the limit, connections that have had their
 * response are closed first, and then the oldest. No connection lives longer than ten seconds, whatever its peer does.
 */
export class AdminConnections {
  readonly #options: AdminConnectionsOptions;
  readonly #maxHeld: number;
  readonly #warning: RareWarning;
  /** The open connections, oldest first. */
  readonly #held = new Map<Socket, HeldConnection>();
  readonly #rawSockets = new RawSockets();
  #isTrimDue = false;

  constructor(server: Server, options: AdminConnectionsOptions) {
    this.#options = options;
    const { max, clock, log } = options;
    this.#maxHeld = Math.max(1, Math.min(MAX_HELD, Math.floor(max * HELD_SHARE)));
    this.#warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
    server.maxConnections = max;
    this.#rawSockets.watch(server);
    server.on("connection", (socket: Socket) => this.#hold(socket));
    server.on("drop", () =>
      this.#warning.warn(
        () => ({ open: this.#held.size, max }),
        "connections to the admin port are refused: too many come at once",
      ),
    );
  }

  /** Marks a connection whose response is complete, so that it is closed first. */
  markAnswered(socket: Socket): void {
    const { encrypted } = socket as Partial<TLSSocket>;
    const accepted = encrypted === true ? this.#rawSockets.below(socket) : socket;
    const held = accepted === undefined ? undefined : this.#held.get(accepted);
    if (held !== undefined) held.isAnswered = true;
  }

  #hold(socket: Socket): void {
    const lifeTimer = this.#options.clock.startTimer(LIFE_LIMIT_MS, () => socket.destroy());
    this.#held.set(socket, { lifeTimer, isAnswered: false });
    socket.once("close", () => {
      lifeTimer[Symbol.dispose]();
      this.#held.delete(socket);
    });
    this.#trimSoon();
  }

  /** Closes connections in a later turn of the event loop, after new connections had the chance to send a request and get its response. */
  #trimSoon(): void {
    if (this.#isTrimDue || this.#held.size <= this.#maxHeld) return;
    this.#isTrimDue = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#isTrimDue = false;
        this.#trim();
      }),
    );
  }

  #trim(): void {
    const surplus = Math.max(0, this.#held.size - this.#maxHeld);
    const isAnswered = ([, held]: [Socket, HeldConnection]): boolean => held.isAnswered;
    const entries = [...this.#held];
    const inOrder = [...entries.filter(isAnswered), ...entries.filter((entry) => !isAnswered(entry))];
    for (const [socket] of inOrder.slice(0, surplus)) socket.destroy();
  }
}
