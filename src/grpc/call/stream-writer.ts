import { GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import { onAbort } from "../../sync/abort.js";
import { type Clock, DueTimer } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";
import type { CallScope } from "./call-scope.js";

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

/** The rule by which a reader counts as too slow. */
export interface ReaderRule {
  /** The longest time that one message may wait for the reader. */
  readonly stallMs: number;
  /** The least text that the reader must take in a window while text waits, or undefined if only the stall counts. */
  readonly trickle: { readonly bytesPerSecond: number; readonly windowMs: number } | undefined;
}

/** The server's rule for callers that give no limit. */
export function defaultReaderRule(limits: Limits): ReaderRule {
  return {
    stallMs: limits.slowReaderStallMs,
    trickle: { bytesPerSecond: limits.slowReaderBytesPerSecond, windowMs: limits.slowReaderWindowMs },
  };
}

/** The rule of a caller's own limit, which replaces the server's rule. */
export function stallRule(stallMs: number): ReaderRule {
  return { stallMs, trickle: undefined };
}

/**
 * Applies the rule to the reader of one stream. It counts only time in which a message with text waits for the reader, so a reader that keeps up is
 * never measured, however slow the model is.
 */
export class ReaderMeter {
  readonly #rule: ReaderRule;
  #waitedMs = 0;
  #takenBytes = 0;

  constructor(rule: ReaderRule) {
    this.#rule = rule;
  }

  /** How long a message with this much text may wait before the reader is too slow. */
  patienceMs(textBytes: number): number {
    const { stallMs, trickle } = this.#rule;
    if (trickle === undefined || textBytes === 0) return stallMs;
    return Math.min(stallMs, Math.max(trickle.windowMs - this.#waitedMs, 0));
  }

  /** Records that the reader took a message with this much text after this wait. */
  took(textBytes: number, waitedMs: number): void {
    const { trickle } = this.#rule;
    if (trickle === undefined || textBytes === 0) return;
    this.#waitedMs += waitedMs;
    this.#takenBytes += textBytes;
    if (this.#takenBytes < (trickle.bytesPerSecond * trickle.windowMs) / 1000) return;
    // The reader is fast enough, and a new window begins.
    this.#waitedMs = 0;
    this.#takenBytes = 0;
  }

  /** The error that ends the stream when a message has waited for too long. */
  slowReader(patienceMs: number): GenerationError {
    const { stallMs, trickle } = this.#rule;
    if (trickle === undefined || patienceMs >= stallMs) {
      return new GenerationError("SLOW_READER", `the reader took nothing for ${stallMs} ms`, {
        facts: { limit_ms: String(stallMs) },
      });
    }
    const { bytesPerSecond, windowMs } = trickle;
    const pace = `the reader took under ${bytesPerSecond} bytes of text a second over ${windowMs} ms`;
    return new GenerationError("SLOW_READER", pace, {
      facts: { limit_bytes_per_second: String(bytesPerSecond), window_ms: String(windowMs) },
    });
  }
}
