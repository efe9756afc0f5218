import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import { onAbort } from "../../sync/on-abort.js";
import type { CallScope } from "./call-scope.js";
import { ReaderMeter, type ReaderRule } from "./reader-rule.js";

/** What a writer needs of a grpc-js call that streams its response. */
export interface WritableCall<Response> {
  write(message: Response, onTaken: (error?: Error | null) => void): boolean;
}

/**
 * Writes one stream, one message in flight: the next may follow only when the reader's HTTP/2 window has taken the one before. That wait is the
 * back-pressure of the whole server. A reader that keeps a message waiting beyond its rule has its call aborted with SLOW_READER.
 */
export class StreamWriter<Response> {
  readonly #call: WritableCall<Response>;
  readonly #scope: CallScope;
  readonly #clock: Clock;
  #meter: ReaderMeter;
  #onTakenLate: (() => void) | undefined;

  constructor(options: { call: WritableCall<Response>; scope: CallScope; clock: Clock; rule: ReaderRule }) {
    this.#call = options.call;
    this.#scope = options.scope;
    this.#clock = options.clock;
    this.#meter = new ReaderMeter(options.rule);
  }

  /** Another rule from now on: the request has been read, and it brings one. */
  useRule(rule: ReaderRule): void {
    this.#meter = new ReaderMeter(rule);
  }

  /** Calls `listener` if the next message is taken only after its write was given up. */
  onTakenLate(listener: () => void): void {
    this.#onTakenLate = listener;
  }

  /**
   * Resolves when the reader's window has taken the message, `textBytes` of it text.
   * @throws the signal's reason if the call ends first: after a cancel, grpc-js may never call back.
   */
  async write(message: Response, textBytes: number): Promise<void> {
    const meter = this.#meter;
    const patienceMs = meter.patienceMs(textBytes);
    const startedMs = this.#clock.nowMs();
    const taken = new Deferred<void>();
    const takenLate = this.#onTakenLate;
    this.#onTakenLate = undefined;
    let givenUp = false;
    this.#scope.signal.throwIfAborted();
    this.#call.write(message, (error) => {
      if (error instanceof Error) taken.reject(error);
      else if (givenUp) takenLate?.();
      else taken.resolve();
    });
    using _patience = this.#clock.startTimer(patienceMs, () => this.#scope.abort(meter.slowReader(patienceMs)));
    using _abort = onAbort(this.#scope.signal, (reason) => {
      givenUp = true;
      taken.reject(reason);
    });
    await taken.promise;
    meter.took(textBytes, this.#clock.nowMs() - startedMs);
  }
}
