import { GenerationError } from "../../core/generation-error.js";
import { type Clock, DueTimer } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import { onAbort } from "../../sync/abort.js";
import type { CallScope } from "./call-scope.js";
import { ReaderMeter, type ReaderRule } from "./reader-rule.js";

/** The part of a streaming grpc-js call that a writer needs. */
export interface WritableCall<Response> {
  write(message: Response, onTaken: (error?: Error | null) => void): boolean;
}

/**
 * Writes a stream with one message in flight: the next message follows only once the reader's HTTP/2 window has accepted the previous one. This wait
 * is the back-pressure of the whole server. A reader that keeps a message waiting beyond its rule has its call aborted with SLOW_READER.
 */
export class StreamWriter<Response> implements Disposable {
  readonly #call: WritableCall<Response>;
  readonly #scope: CallScope;
  readonly #clock: Clock;
  readonly #patience: DueTimer;
  readonly #abort: Disposable;
  #meter: ReaderMeter;
  /** How long the last written message may wait. */
  #patienceMs = 0;
  #taken: Deferred<void> | undefined;

  constructor(options: { call: WritableCall<Response>; scope: CallScope; clock: Clock; rule: ReaderRule }) {
    const { call, scope, clock, rule } = options;
    this.#call = call;
    this.#scope = scope;
    this.#clock = clock;
    this.#meter = new ReaderMeter(rule);
    this.#patience = new DueTimer(clock, () => scope.abort(this.#meter.slowReader(this.#patienceMs)));
    this.#abort = onAbort(scope.signal, (reason) => this.#taken?.reject(reason));
  }

  /** Replaces the rule, once the request is decoded and brings one. */
  useRule(rule: ReaderRule): void {
    this.#meter = new ReaderMeter(rule);
  }

  /**
   * Resolves when the reader's window has taken the message, `textBytes` of it text.
   * @param onTaken called at that moment, which may come after the call has ended
   * @throws the signal's reason if the call ends first: after a cancel, grpc-js may never call back.
   */
  async write(message: Response, textBytes: number, onTaken: () => void): Promise<void> {
    this.#scope.signal.throwIfAborted();
    const taken = new Deferred<void>();
    this.#taken = taken;
    const startedMs = this.#clock.nowMs();
    this.#patienceMs = this.#meter.patienceMs(textBytes);
    this.#call.write(message, (error) => {
      if (error instanceof Error) {
        this.#scope.abort(GenerationError.from(error));
        return;
      }
      onTaken();
      taken.resolve();
    });
    this.#patience.set(startedMs + this.#patienceMs);
    await taken.promise;
    this.#taken = undefined;
    this.#patience.cancel();
    this.#meter.took(textBytes, this.#clock.nowMs() - startedMs);
  }

  [Symbol.dispose](): void {
    this.#patience[Symbol.dispose]();
    this.#abort[Symbol.dispose]();
  }
}
