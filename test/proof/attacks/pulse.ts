/** Nothing is waited for longer. */
const LIMIT_MS = 10_000;

/** What asking again and again came to. */
export interface PulseView {
  readonly asked: number;
  readonly worstMs: number;
  /** What was wrong, each once. */
  readonly failures: readonly string[];
}

/** Asks something at a fixed pace, whether or not the answers come, so that a long answer hides none of those behind it. */
export class Pulse {
  readonly #periodMs: number;
  readonly #ask: () => Promise<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #pending: Promise<void>[] = [];
  #asked = 0;
  #worstMs = 0;
  readonly #failures = new Set<string>();

  /** @param ask rejects where the answer is not the right one */
  constructor(periodMs: number, ask: () => Promise<unknown>) {
    this.#periodMs = periodMs;
    this.#ask = ask;
  }

  begin(): void {
    this.#pending = [];
    this.#asked = 0;
    this.#worstMs = 0;
    this.#failures.clear();
    const beat = (): void => void this.#pending.push(this.#beat());
    this.#timer = setInterval(beat, this.#periodMs);
    beat();
  }

  /** Asks no more, and waits for the answers that are due. */
  async end(): Promise<PulseView> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    return { asked: this.#asked, worstMs: this.#worstMs, failures: [...this.#failures] };
  }

  async #beat(): Promise<void> {
    const startedAtMs = performance.now();
    this.#asked += 1;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
    });
    try {
      await Promise.race([this.#ask(), tooLate]);
    } catch (error) {
      this.#failures.add(error instanceof Error ? error.message : String(error));
    }
    clearTimeout(timer);
    this.#worstMs = Math.max(this.#worstMs, performance.now() - startedAtMs);
  }
}
