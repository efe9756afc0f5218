import { type Deadline, type Metadata, status as Status } from "@grpc/grpc-js";
import type { Caller, CallOrigin } from "../../core/calls.js";
import { credentialsRevoked, type GenerationError } from "../../core/generation-error.js";
import type { Clock } from "../../sync/clock.js";
import { printableText } from "../../telemetry/log-text.js";
import { ProtocolStatus } from "../status/error-status.js";
import { STATUS_OF_CODE } from "../status/status-table.js";
import type { CallContext, CallHost } from "./call-context.js";
import { type CallKind, CallScope, type CancellableCall } from "./call-scope.js";
import { CallWire } from "./call-wire.js";
import type { HeldResponse } from "./call-limits.js";
import { type ReaderRule, StreamWriter, type WritableCall } from "./stream-writer.js";

/** The time before its deadline from which a call that its client resets counts as late. */
const DEADLINE_SLACK_MS = 50;

/** The part of a grpc-js call that a served call needs. */
interface HandledCall extends CancellableCall {
  readonly metadata: Metadata;
  getDeadline(): Deadline;
}

/** A call in its handler. It ties scope and wire together for as long as the handler runs. */
export class ServedCall implements CallContext, Disposable {
  readonly scope: CallScope;
  readonly wire: CallWire;
  readonly caller: Caller;
  readonly deadlineMs: number | undefined;
  readonly #host: CallHost;
  readonly #method: string;
  readonly #revocation: Disposable | undefined;
  #held: HeldResponse | undefined;

  constructor(host: CallHost, call: HandledCall, { method, kind }: { method: string; kind: CallKind }) {
    this.#host = host;
    this.#method = method;
    this.wire = CallWire.of(call.metadata);
    this.caller = this.wire.caller;
    this.deadlineMs = callDeadlineMs(call, host.clock);
    this.scope = new CallScope(call, {
      isLate: () => this.#isLate(),
      onSettled: () => host.openCalls.forget(this.scope),
    });
    this.wire.onForcedEnd((reason) => this.scope.abort(reason));
    host.openCalls.remember(this.scope, kind);
    this.#revocation = this.caller.revocation?.onRevoked(() => this.scope.abort(credentialsRevoked()));
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  abort(reason: GenerationError): void {
    this.scope.abort(reason);
  }

  get origin(): CallOrigin {
    return this.wire.origin;
  }

  nameRequest(requestId: string | undefined): void {
    this.wire.requestId = requestId;
  }

  accepted(): void {
    this.wire.accepted = true;
  }

  /** Releases the bytes of the response when the stream is closed or the call fails. */
  holdResponse(bytes: number): void {
    if (this.#held !== undefined) {
      this.#held.resize(bytes);
      return;
    }
    const held = this.#host.responses.hold(bytes, { connection: this.wire.connection, evict: () => this.wire.evict() });
    this.#held = held;
    this.wire.onClosed(() => held[Symbol.dispose]());
  }

  /** Marks the response as sent, so that it waits for its reader. */
  responseSent(): void {
    this.#held?.sent();
  }

  nameGeneration(generationId: string): void {
    this.wire.generationId = generationId;
  }

  releaseRequest(): void {
    this.wire.releaseRequest();
  }

  useReaderRule(_rule: ReaderRule): void {
    // A unary call writes nothing while it runs, so it has no slow reader.
  }

  /** Ends the call with whatever its handler threw. It never throws. */
  fail(thrown: unknown): void {
    this.#held?.[Symbol.dispose]();
    if (thrown instanceof ProtocolStatus && !this.scope.signal.aborted) {
      this.wire.failPlainly(thrown.code, thrown.message);
      return;
    }
    const error = this.scope.failure(thrown);
    this.#logFailure(error);
    this.wire.fail(error);
  }

  [Symbol.dispose](): void {
    this.#revocation?.[Symbol.dispose]();
    this.scope[Symbol.dispose]();
  }

  /** A client resets its call at its deadline. The reset arrives a little before or after the time that the server has reckoned. */
  #isLate(): boolean {
    return this.deadlineMs !== undefined && this.#host.clock.nowMs() >= this.deadlineMs - DEADLINE_SLACK_MS;
  }

  /** Logs faults of the server as errors, once, with their cause. The scheduler logs other ends of generations, and the store its outages. */
  #logFailure(error: GenerationError): void {
    const fields = (): object => ({
      reason: error.code,
      method: this.#method,
      ...this.wire.names,
      facts: printableFacts(error.facts),
      retryAfterMs: error.retryAfterMs,
    });
    const isFault = STATUS_OF_CODE[error.code] === Status.INTERNAL;
    if (isFault) this.#host.log.error({ ...fields(), err: error.cause ?? error }, "a call failed");
    else this.#host.log.debug(fields, "a call ended without its result");
  }
}

/** A served call with a streamed response and its writer. */
export class StreamedCall<Response> extends ServedCall {
  readonly writer: StreamWriter<Response>;

  /** @param options.rule the rule for the reader until the request brings another one */
  constructor(
    host: CallHost,
    call: HandledCall & WritableCall<Response>,
    options: { method: string; kind: CallKind; rule: ReaderRule },
  ) {
    super(host, call, options);
    this.writer = new StreamWriter({ call, scope: this.scope, clock: host.runningClock, rule: options.rule });
  }

  override useReaderRule(rule: ReaderRule): void {
    this.writer.useRule(rule);
  }

  override [Symbol.dispose](): void {
    this.writer[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

/** Makes facts printable, because some are ids that callers chose. */
function printableFacts(facts: GenerationError["facts"]): object {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, printableText(fact)]));
}

/** The time of a call's deadline by the clock, not by the time of day, or undefined if it has none. */
function callDeadlineMs(call: { getDeadline(): Deadline }, clock: Clock): number | undefined {
  const atMs = Number(call.getDeadline());
  return Number.isFinite(atMs) ? clock.nowMs() + Math.max(0, atMs - Date.now()) : undefined;
}
