import type { ServerHttp2Session } from "node:http2";
import type { Clock } from "../../sync/clock.js";
import type { Http2Listener } from "../connection/http2-listener.js";

/** The new streams in one round of the event loop after which no connection is read again in that round. */
const ROUND_STREAMS = 256;
/** A connection with at most this many new streams in a round is read again at once. The others are read one after another. */
const LIGHT_STREAMS = 32;

/** The part of a socket's handle for which Node has no public name. A session takes the bytes of its socket from it directly. */
interface ReadableHandle {
  readStart(): void;
  readStop(): void;
}

/**
 * Keeps connections that open very many streams at once from blocking the event loop: timers, other connections and the notices of the engine are
 * handled between any two portions (64 KiB) of such a connection. Runs on the main thread, one per server.
 *
 * In one round Node reads up to 2 MiB from each socket, which is some ten thousand streams. Once a round has brought `ROUND_STREAMS` of them, all
 * connections stop reading. Connections with few new streams are read again in the next round, and one of the others in each round after that.
 */
export class ReadingTurns {
  readonly #sessions = new Set<ServerHttp2Session>();
  /** The new streams of each connection in this round. */
  readonly #opened = new Map<ServerHttp2Session, number>();
  /** The connections that wait for their turn. */
  readonly #waiting = new Set<ServerHttp2Session>();
  #streams = 0;
  #isScheduled = false;
  #isStopped = false;

  /** Includes every connection of the listener, which must not listen yet. */
  watch(listener: Http2Listener): void {
    listener.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#forget(session));
    });
  }

  /** Counts a new stream. It must be called for each stream, in the round that brings it. */
  onStream(session: ServerHttp2Session): void {
    this.#opened.set(session, (this.#opened.get(session) ?? 0) + 1);
    this.#streams += 1;
    this.#schedule();
    if (this.#streams === ROUND_STREAMS) {
      this.#isStopped = true;
      for (const one of this.#sessions) handleOf(one)?.readStop();
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#nextRound());
  }

  #nextRound(): void {
    this.#isScheduled = false;
    const wasStopped = this.#isStopped;
    if (wasStopped) this.#readLight();
    this.#isStopped = false;
    this.#streams = 0;
    this.#opened.clear();
    if (!wasStopped) this.#readNext();
    if (this.#waiting.size > 0) this.#schedule();
  }

  /** Gives light connections a round of their own, because the streams of a heavy one would stop them before they are read. */
  #readLight(): void {
    for (const session of this.#sessions) {
      if ((this.#opened.get(session) ?? 0) > LIGHT_STREAMS) this.#waiting.add(session);
      else if (!this.#waiting.has(session)) handleOf(session)?.readStart();
    }
  }

  #readNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    handleOf(next)?.readStart();
  }

  #forget(session: ServerHttp2Session): void {
    this.#sessions.delete(session);
    this.#opened.delete(session);
    this.#waiting.delete(session);
  }
}

/** The handle of a connection's socket, or undefined if the connection is closed. */
function handleOf({ destroyed, socket }: ServerHttp2Session): ReadableHandle | undefined {
  if (destroyed) return undefined;
  const { _handle: handle } = socket as { readonly _handle?: ReadableHandle | null };
  return handle ?? undefined;
}

/** The longest work on new calls in one round of the event loop. Calls that are already served then get a turn. */
const TURN_MS = 8;

/**
 * Hands calls on at the end of the round of the event loop in which their messages arrived, so a call that is reset in the same round costs nothing
 * more. Urgent calls come first, and the connections take turns.
 */
export class AdmissionTurns<Connection, Call> {
  readonly #clock: Clock;
  readonly #admit: (call: Call) => void;
  readonly #urgent: Call[] = [];
  readonly #queues = new Map<Connection, Call[]>();
  #isScheduled = false;

  constructor(clock: Clock, admit: (call: Call) => void) {
    this.#clock = clock;
    this.#admit = admit;
  }

  add(call: Call, { connection, isUrgent }: { connection: Connection; isUrgent: boolean }): void {
    if (isUrgent) this.#urgent.push(call);
    else {
      const queue = this.#queues.get(connection);
      if (queue === undefined) this.#queues.set(connection, [call]);
      else queue.push(call);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    const endMs = this.#clock.nowMs() + TURN_MS;
    for (const call of this.#urgent.splice(0)) this.#admit(call);
    // A queue that is put back goes to the end, where the loop meets it again.
    for (const [connection, queue] of this.#queues) {
      const call = queue.shift();
      this.#queues.delete(connection);
      if (queue.length > 0) this.#queues.set(connection, queue);
      if (call !== undefined) this.#admit(call);
      if (this.#clock.nowMs() >= endMs) break;
    }
    if (this.#queues.size > 0) this.#schedule();
  }
}
