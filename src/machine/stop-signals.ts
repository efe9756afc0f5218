const SIGNALS = ["SIGTERM", "SIGINT"] as const;

export type StopSignalName = (typeof SIGNALS)[number] | "SIGHUP";

/**
 * The shortest time between two presses of Ctrl-C. npm passes on the SIGINT that the terminal has already sent to its child, a millisecond later and
 * more on a busy machine.
 */
const KEY_INTERVAL_MS = 200;

/** The meaning of SIGHUP and of Ctrl-C to a server. */
export interface TerminalRule {
  /**
   * Whether a person runs the process at a terminal, by its standard input at the start. SIGHUP then means that the terminal is gone, and asks for a
   * drain. Elsewhere SIGHUP asks programs to reload their settings.
   */
  readonly atTerminal: boolean;
  /** The time, which is monotonic. */
  readonly nowMs: () => number;
  /** Called when the terminal is gone, for the first SIGHUP. */
  readonly onHangUp: () => void;
  /** Called for each SIGHUP that asks for a reload. */
  readonly onReload: () => void;
}

/**
 * The operating system's requests to stop: the first asks for a drain, the second for a close. While this object lives, the signals do nothing else.
 * main.ts makes it, on the main thread.
 */
export class StopSignals implements Disposable {
  readonly #terminalRule: TerminalRule | undefined;
  readonly #drain = new AbortController();
  readonly #close = new AbortController();
  #first: StopSignalName | undefined;
  #isHungUp = false;
  #lastKeyMs = -Infinity;

  /** @param terminalRule undefined: SIGHUP ends the process, as it does by default */
  constructor(terminalRule?: TerminalRule) {
    this.#terminalRule = terminalRule;
    for (const name of SIGNALS) process.on(name, this.#receive);
    if (terminalRule !== undefined) process.on("SIGHUP", this.#hangUp);
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

  /** Whether the first signal is a Ctrl-C of the person at the terminal. */
  get isFromKeyboard(): boolean {
    return this.#first === "SIGINT" && this.#terminalRule?.atTerminal === true;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#receive);
    process.off("SIGHUP", this.#hangUp);
  }

  readonly #receive = (name: StopSignalName): void => {
    if (name === "SIGINT" && this.#isSamePress()) return;
    if (this.#first !== undefined) this.#close.abort();
    this.#begin(name);
  };

  /** A SIGHUP is never the second signal: when a terminal goes, both the system and the shell may send one, and nobody is in a hurry. */
  readonly #hangUp = (): void => {
    if (this.#terminalRule?.atTerminal !== true) {
      this.#terminalRule?.onReload();
      return;
    }
    if (!this.#isHungUp) this.#terminalRule.onHangUp();
    this.#isHungUp = true;
    this.#begin("SIGHUP");
  };

  /** Whether a SIGINT comes from the same press of Ctrl-C as the last one. */
  #isSamePress(): boolean {
    if (this.#terminalRule?.atTerminal !== true) return false;
    const nowMs = this.#terminalRule.nowMs();
    const isSame = nowMs - this.#lastKeyMs < KEY_INTERVAL_MS;
    this.#lastKeyMs = nowMs;
    return isSame;
  }

  #begin(name: StopSignalName): void {
    this.#first ??= name;
    this.#drain.abort();
  }
}
