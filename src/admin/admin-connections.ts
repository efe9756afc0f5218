import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";
import { RareWarning } from "../telemetry/rare-warning.js";

/** More than operators and their probes need at one time. */
const MOST_HELD = 64;
/** The part of the hard bound up to which connections are kept; the rest serves newcomers until older connections have made room. */
const HELD_SHARE = 3 / 4;
/** From the acceptance of a connection to its end: its request, its answer, and the peer's reading of it. */
const LIFE_LIMIT_MS = 10_000;
const WARNING_INTERVAL_MS = 10 * 60_000;

export interface AdminConnectionsOptions {
  /** Node accepts no more. */
  readonly max: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Held {
  readonly lifeTimer: Disposable;
  isAnswered: boolean;
}

/**
 * The connections of the admin port. A newcomer gets in whatever others hold: beyond the bound those go that were answered, then the oldest. None lives longer than
 * ten seconds, whether its peer sends, reads and closes or not.
 */
export class AdminConnections {
  readonly #options: AdminConnectionsOptions;
  readonly #mostHeld: number;
  readonly #warning: RareWarning;
  /** Oldest first. */
  readonly #held = new Map<Socket, Held>();
  #isTrimDue = false;

  constructor(server: Server, options: AdminConnectionsOptions) {
    this.#options = options;
    const { max, clock, log } = options;
    this.#mostHeld = Math.max(1, Math.min(MOST_HELD, Math.floor(max * HELD_SHARE)));
    this.#warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
    server.maxConnections = max;
    server.on("connection", (socket) => this.#hold(socket));
    server.on("drop", () =>
      this.#warning.warn(
        () => ({ open: this.#held.size, max }),
        "connections to the admin port are refused: too many come at once",
      ),
    );
  }

  /** Its request has its whole answer: from now on it goes first. */
  markAnswered(socket: Socket): void {
    const held = this.#held.get(socket);
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

  /** Not at once: what a newcomer has sent is read in the next turn of the event loop, and answered there. */
  #trimSoon(): void {
    if (this.#isTrimDue || this.#held.size <= this.#mostHeld) return;
    this.#isTrimDue = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#isTrimDue = false;
        this.#trim();
      }),
    );
  }

  #trim(): void {
    const surplus = Math.max(0, this.#held.size - this.#mostHeld);
    const isAnswered = ([, held]: [Socket, Held]): boolean => held.isAnswered;
    const entries = [...this.#held];
    const inOrder = [...entries.filter(isAnswered), ...entries.filter((entry) => !isAnswered(entry))];
    for (const [socket] of inOrder.slice(0, surplus)) socket.destroy();
  }
}
