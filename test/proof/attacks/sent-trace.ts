import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const SAMPLE_MS = 10;
const NOTHING = Buffer.alloc(64 * 1024);

/** What one connection of an attack sent: when, in ms from the attack's start, it had sent how many bytes altogether. */
export interface SentConnection {
  readonly openedMs: number;
  readonly closedMs: number;
  readonly sent: readonly (readonly [ms: number, bytes: number])[];
}

interface Watched {
  readonly socket: Socket;
  readonly openedMs: number;
  readonly sent: [number, number][];
  closedMs: number | undefined;
}

/** Notes how an attack's bytes went out, so that the control can send as many at the same moments. Disposing stops it. */
export class SentTrace implements Disposable {
  readonly #startedAtMs = performance.now();
  readonly #watched: Watched[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  watch(socket: Socket): void {
    const watched: Watched = { socket, openedMs: this.#nowMs(), sent: [], closedMs: undefined };
    this.#watched.push(watched);
    socket.once("close", () => (watched.closedMs = this.#nowMs()));
  }

  /** All connections so far. */
  read(): readonly SentConnection[] {
    this.#sample();
    return this.#watched.map(({ openedMs, closedMs = this.#nowMs(), sent }) => ({ openedMs, closedMs, sent }));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const nowMs = this.#nowMs();
    for (const { socket, sent } of this.#watched) {
      const bytes = socket.bytesWritten;
      if (bytes > (sent.at(-1)?.[1] ?? 0)) sent.push([nowMs, bytes]);
    }
  }

  #nowMs(): number {
    return performance.now() - this.#startedAtMs;
  }
}

/** Opens as many connections to a sink at the same moments, and sends as many bytes over each. */
export async function replayTrace(trace: readonly SentConnection[], address: string): Promise<void> {
  const startedAtMs = performance.now();
  const reach = async (ms: number): Promise<void> => {
    const waitMs = startedAtMs + ms - performance.now();
    if (waitMs > 0) await delay(waitMs);
  };
  const [host = "", port = ""] = address.split(":");
  const replay = async ({ openedMs, closedMs, sent }: SentConnection): Promise<void> => {
    await reach(openedMs);
    const socket = connect(Number(port), host);
    const closed = once(socket, "close");
    let done = 0;
    for (const [ms, bytes] of sent) {
      await reach(ms);
      for (; done < bytes; done += NOTHING.length) socket.write(NOTHING.subarray(0, bytes - done));
      done = bytes;
    }
    await reach(closedMs);
    socket.end().resume();
    await closed;
  };
  await Promise.all(trace.map(replay));
}
