const SIGNALS = ["SIGTERM", "SIGINT"] as const;

export type StopSignalName = (typeof SIGNALS)[number];

/**
 * The operating system's requests to stop, in two steps: the first asks for a drain, the second for a close. From its making until it is disposed the
 * signals do nothing else. Made by main.ts, on the main thread.
 */
export class StopSignals implements Disposable {
  readonly #drain = new AbortController();
  readonly #close = new AbortController();
  #first: StopSignalName | undefined;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#receive);
  }

  /** Aborts at the first signal. */
  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  /** Aborts at the second signal. */
  get close(): AbortSignal {
    return this.#close.signal;
  }

  /** Which one came first; undefined while none has. */
  get first(): StopSignalName | undefined {
    return this.#first;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#receive);
  }

  readonly #receive = (name: StopSignalName): void => {
    if (this.#first !== undefined) this.#close.abort();
    this.#first ??= name;
    this.#drain.abort();
  };
}
