const SIGNALS = ["SIGTERM", "SIGINT"] as const;

export type StopSignalName = (typeof SIGNALS)[number] | "SIGHUP";

/** The meaning of SIGHUP to a server. */
export interface HangUpRule {
  /**
   * Whether a person runs the process at a terminal, by its standard input at the start. SIGHUP then means that the terminal is gone, and asks for a
   * drain. Elsewhere SIGHUP asks programs to reload their settings.
   */
  readonly atTerminal: boolean;
  /** Called when the terminal is gone, for the first SIGHUP. */
  readonly onHangUp: () => void;
  /** Called for each SIGHUP that asks for nothing. */
  readonly onIgnoredHangUp: () => void;
}

/**
 * The operating system's requests to stop: the first asks for a drain, the second for a close. While this object lives, the signals do nothing else.
 * main.ts makes it, on the main thread.
 */
export class StopSignals implements Disposable {
  readonly #hangUpRule: HangUpRule | undefined;
  readonly #drain = new AbortController();
  readonly #close = new AbortController();
  #first: StopSignalName | undefined;
  #isHungUp = false;

  /** @param hangUpRule undefined: SIGHUP ends the process, as it does by default */
  constructor(hangUpRule?: HangUpRule) {
    this.#hangUpRule = hangUpRule;
    for (const name of SIGNALS) process.on(name, this.#receive);
    if (hangUpRule !== undefined) process.on("SIGHUP", this.#hangUp);
  }

  /** Aborts at the first signal. */
  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  /** Aborts at the second signal. */
  get close(): AbortSignal {
    return this.#close.signal;
  }

  /** The signal that came first, or undefined while none has. */
  get first(): StopSignalName | undefined {
    return this.#first;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#receive);
    process.off("SIGHUP", this.#hangUp);
  }

  readonly #receive = (name: StopSignalName): void => {
    if (this.#first !== undefined) this.#close.abort();
    this.#begin(name);
  };

  /** A SIGHUP is never the second signal: when a terminal goes, both the system and the shell may send one, and nobody is in a hurry. */
  readonly #hangUp = (): void => {
    if (this.#hangUpRule?.atTerminal !== true) {
      this.#hangUpRule?.onIgnoredHangUp();
      return;
    }
    if (!this.#isHungUp) this.#hangUpRule.onHangUp();
    this.#isHungUp = true;
    this.#begin("SIGHUP");
  };

  #begin(name: StopSignalName): void {
    this.#first ??= name;
    this.#drain.abort();
  }
}
