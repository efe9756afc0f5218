import type { Http2Server, ServerHttp2Session } from "node:http2";

/** New streams in one round of the event loop after which no connection is read any more in that round. */
const ROUND_STREAMS = 256;
/** A connection with at most this many new streams in the round is read again at once, the others one after another. */
const LIGHT_STREAMS = 32;

/** The part of a socket's handle that Node has no public name for: a session takes its socket's bytes from it directly. */
interface ReadableHandle {
  readStart(): void;
  readStop(): void;
}

/**
 * Keeps connections that open very many streams at once from holding the event loop up: timers, other connections and the engine's notices come
 * between any two portions (64 KiB) of such a connection. Main thread; one for a server.
 *
 * In one round Node reads up to 2 MiB from each socket, which is some ten thousand streams. Once a round has brought `ROUND_STREAMS` of them, all
 * connections stop reading. Those with few new streams read again in the next round, and of the others one in each round after that.
 */
export class ReadingTurns {
  readonly #sessions = new Set<ServerHttp2Session>();
  /** New streams of each connection in this round. */
  readonly #opened = new Map<ServerHttp2Session, number>();
  /** Connections that wait for their turn. */
  readonly #waiting = new Set<ServerHttp2Session>();
  #streams = 0;
  #isScheduled = false;
  #isStopped = false;

  /** Takes part in every connection of the listener. @param listener not listening yet */
  watch(listener: Http2Server): void {
    listener.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#forget(session));
    });
  }

  /** Counts a new stream; to be called for each, in the round that brings it. */
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

  /** A round of their own: what a heavy connection brings would stop them before they are read. */
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

/** undefined: the connection is gone. */
function handleOf({ destroyed, socket }: ServerHttp2Session): ReadableHandle | undefined {
  if (destroyed) return undefined;
  const { _handle: handle } = socket as { readonly _handle?: ReadableHandle | null };
  return handle ?? undefined;
}
