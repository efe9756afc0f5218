import {
  constants,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { GenerationError } from "../../core/generation-error.js";
import type { CallHost } from "../call/call-host.js";
import { originOf } from "../call/call-origin.js";
import { CallWire } from "../call/call-wire.js";
import { toErrorStatus } from "../status/error-status.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { printableText } from "../../telemetry/printable-text.js";
import { AdmissionTurns } from "./admission-turns.js";
import { ConnectionAccount } from "../call/connection-account.js";
import { replaceStreamHandler, type StreamHandler } from "./grpc-js-internals.js";
import { bodyLate, bytesExhausted, deadlinePassed, pendingTooMany } from "./gate-errors.js";
import { formatGrpcTimeout, parseGrpcTimeout } from "./grpc-timeout.js";
import { ACCEPTED_ENCODING, headerProblem, httpProblem } from "./header-problems.js";
import { IncomingCall, type IncomingCallListener } from "./incoming-call.js";
import { PendingCalls } from "./pending-calls.js";
import type { ProxyDeadlines } from "./proxy-deadlines.js";
import { refuseHttp } from "./refuse-http.js";
import { maxMessageBytesOf, RequestBody } from "./request-body.js";
import { ReadingTurns } from "./reading-turns.js";
import { ResetBudget } from "./reset-budget.js";
import { StreamedBody } from "./streamed-body.js";

/** Health answers when everything else is full: overload never flips it. */
const HEALTH_PATHS = "/grpc.health.v1.Health/";
/** Watches have a bound of their own. */
const HEALTH_WATCH_PATH = "/grpc.health.v1.Health/Watch";
/** Health checks that are open at one time. They are answered at once, so what is beyond has readers that do not take the answer. */
const OPEN_HEALTH_CALLS = 256;
/** Calls without a whole message, as a part of all calls. */
const PENDING_SHARE = 1 / 4;
/** A stream as HTTP/2 brings it, and grpc-js's handler for it. */
interface Met {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly handler: StreamHandler;
}

/** What the gate has to know of a method. */
export interface PathFacts {
  readonly streamsRequest: boolean;
}

export interface RequestGateOptions {
  readonly host: CallHost;
  /** Every path that is served. */
  readonly paths: ReadonlyMap<string, PathFacts>;
  readonly proxyDeadlines: ProxyDeadlines;
}

/**
 * Stands between HTTP/2 and grpc-js, on the main thread. grpc-js sees a call only once its message is whole and within every bound: so it inflates
 * nothing, guesses no time-out, and spends nothing on a stream that is reset at once. What is wrong is refused in trailers only, before a handler is
 * found. In order: storms of resets, method, content type, metadata, encoding, time-out, calls without a message, form and size of the body, callLimit.
 */
export class RequestGate implements IncomingCallListener {
  readonly #host: CallHost;
  readonly #paths: RequestGateOptions["paths"];
  readonly #proxyDeadlines: ProxyDeadlines;
  readonly #accounts = new WeakMap<Http2Session, ConnectionAccount>();
  readonly #pending: PendingCalls;
  readonly #openHealthCalls: PendingCalls;
  readonly #resets: ResetBudget;
  readonly #readingTurns = new ReadingTurns();
  readonly #turns: AdmissionTurns<ConnectionAccount, IncomingCall>;
  #refusedStreams = 0;

  constructor({ host, paths, proxyDeadlines }: RequestGateOptions) {
    this.#host = host;
    this.#paths = paths;
    this.#proxyDeadlines = proxyDeadlines;
    const max = Math.max(1, Math.floor(host.limits.calls * PENDING_SHARE));
    this.#pending = new PendingCalls({ max, maxAtOnce: host.limits.calls, clock: host.clock });
    this.#openHealthCalls = new PendingCalls({
      max: OPEN_HEALTH_CALLS,
      maxAtOnce: host.limits.calls,
      clock: host.clock,
    });
    this.#resets = new ResetBudget(host.clock);
    this.#turns = new AdmissionTurns(host.clock, (call) => this.#admit(call));
  }

  /** Calls whose message is not whole. */
  get pendingCalls(): number {
    return this.#pending.count;
  }

  /** Streams that were refused in storms of resets, since the start. */
  get refusedStreams(): number {
    return this.#refusedStreams;
  }

  /** Takes every stream in the place of grpc-js's handler, which gets what may pass. @param listener not listening yet */
  standBefore(listener: Http2Server): void {
    this.#readingTurns.watch(listener);
    replaceStreamHandler(listener, (handler) => (stream, headers) => this.#meet({ stream, headers, handler }));
  }

  #meet({ stream, headers, handler }: Met): void {
    // The client reset it in the same breath.
    if (stream.session === undefined || stream.destroyed) return;
    this.#readingTurns.onStream(stream.session as ServerHttp2Session);
    const account = this.#accountOf(stream.session);
    // What an error means is told by how the stream closes.
    stream.once("error", ignore);
    if (!this.#resets.allows(account)) {
      this.#refusedStreams += 1;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const httpStatus = httpProblem(headers);
    if (httpStatus !== undefined) {
      this.#host.refusals.note(`HTTP_${httpStatus}`, () => originOf(stream));
      refuseHttp(stream, headers, httpStatus);
      this.#closeAfterGrace(stream);
      return;
    }
    const path = String(headers[constants.HTTP2_HEADER_PATH]);
    const served = this.#paths.get(path);
    if (served === undefined) {
      this.#host.refusals.note("UNIMPLEMENTED", () => ({ method: this.#shown(path), ...originOf(stream) }));
      // grpc-js has the words for what is not served. What more comes of the request is dropped.
      handler(stream, headers);
      stream.resume();
      this.#closeAfterGrace(stream);
      return;
    }
    const problem = headerProblem(headers, this.#host.limits.metadataBytes);
    if (problem === undefined) this.#receive({ stream, headers, handler }, { account, path, ...served });
    else this.#refuse({ stream, path }, problem);
  }

  /** Waits for the call's message. */
  #receive(
    { stream, headers, handler }: Met,
    call: { account: ConnectionAccount; path: string; streamsRequest: boolean },
  ): void {
    const { clock, runningClock, limits } = this.#host;
    const timeoutMs = this.#timeoutMs(stream, headers);
    const incoming = new IncomingCall({
      ...call,
      stream,
      headers,
      handler,
      body: new RequestBody(maxMessageBytesOf(call.path, limits)),
      deadlineMs: timeoutMs === undefined ? undefined : clock.nowMs() + timeoutMs,
      listener: this,
    });
    incoming.timer =
      timeoutMs !== undefined && timeoutMs <= limits.unaryBodyMs
        ? clock.startTimer(timeoutMs, () => incoming.fail(deadlinePassed()))
        : runningClock.startTimer(limits.unaryBodyMs, () => incoming.fail(bodyLate(limits)));
    this.#pending.add(incoming, () => incoming.fail(pendingTooMany()));
    incoming.start();
  }

  /** The caller's own time-out or that of the proxy in front, whichever ends first. */
  #timeoutMs({ session }: ServerHttp2Stream, headers: IncomingHttpHeaders): number | undefined {
    const { "grpc-timeout": timeout } = headers;
    const ownMs = timeout === undefined ? undefined : parseGrpcTimeout(String(timeout));
    const proxyMs = this.#proxyDeadlines.timeoutMs(headers, () => session?.socket.remoteAddress);
    return ownMs === undefined || proxyMs === undefined ? (ownMs ?? proxyMs) : Math.min(ownMs, proxyMs);
  }

  onGrowth(call: IncomingCall): GenerationError | undefined {
    const { requestBytes } = this.#host;
    const { account, body } = call;
    const evict = (): void => call.fail(bytesExhausted(requestBytes));
    return requestBytes.hold(call.stream, { account, evict }, body.heldBytes)
      ? undefined
      : bytesExhausted(requestBytes);
  }

  onWhole(call: IncomingCall): void {
    this.#host.requestBytes.settle(call.stream);
    this.#pending.remove(call);
    this.#turns.add(call, { connection: call.account, isUrgent: call.path.startsWith(HEALTH_PATHS) });
  }

  onProblem(call: IncomingCall, error: GenerationError): void {
    this.#forget(call);
    this.#refuse(call, error);
  }

  onGone(call: IncomingCall): void {
    this.#forget(call);
    this.#resets.count(call.account, { handedOn: false });
  }

  #forget(call: IncomingCall): void {
    this.#pending.remove(call);
    this.#host.requestBytes.release(call.stream);
  }

  /** Hands a call over to grpc-js, unless it was reset while it waited for its turn. */
  #admit(call: IncomingCall): void {
    if (call.isOver) return;
    const { stream, account, headers, deadlineMs } = call;
    const { clock, requestBytes } = this.#host;
    if (deadlineMs !== undefined) {
      const leftMs = deadlineMs - clock.nowMs();
      if (leftMs <= 0) {
        call.fail(deadlinePassed());
        return;
      }
      headers["grpc-timeout"] = formatGrpcTimeout(leftMs);
    }
    const leave = this.#claimCall(call);
    if (leave instanceof GenerationError) {
      call.fail(leave);
      return;
    }
    stream.once("close", () => {
      leave();
      requestBytes.release(stream);
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !stream.headersSent) {
        this.#resets.count(account, { handedOn: true });
      }
    });
    if (call.streamsRequest) this.#watchMessages(call);
    call.handOver();
  }

  /** A seat among the calls, or for health its own place. Returns what gives it back, or why there is none. */
  #claimCall(call: IncomingCall): (() => void) | GenerationError {
    const { account, path } = call;
    const { callLimit } = this.#host;
    if (path === HEALTH_WATCH_PATH) return ignore;
    if (path.startsWith(HEALTH_PATHS)) return this.#claimHealthCall(call);
    // A call that waits holds on to this function: the message that it came with must not hang on it.
    return callLimit.tryEnter(account) ?? (() => callLimit.leave(account));
  }

  #claimHealthCall({ account, stream }: IncomingCall): () => void {
    const openCall = { account };
    this.#openHealthCalls.add(openCall, () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
    return () => this.#openHealthCalls.remove(openCall);
  }

  /** The messages after the first pass by grpc-js's own reading, which knows neither bound nor flag. */
  #watchMessages({ stream, path }: IncomingCall): void {
    const body = new StreamedBody(maxMessageBytesOf(path, this.#host.limits));
    stream.on("data", (chunk: Buffer) => {
      const problem = body.pass(chunk);
      if (problem !== undefined) CallWire.onStream(stream)?.fail(problem);
    });
  }

  /** A path that no service has is whatever its caller wrote. */
  #shown(path: string): string {
    return printableText(wellFormedText(path, this.#host.limits.idBytes));
  }

  #refuse({ stream, path }: { stream: ServerHttp2Stream; path: string }, error: GenerationError): void {
    if (stream.destroyed || stream.closed) return;
    const method = path.slice(path.lastIndexOf("/") + 1);
    this.#host.refusals.note(error.code, () => ({ method, ...originOf(stream) }));
    const { code, details, metadata } = toErrorStatus(error);
    stream.resume().respond(
      {
        [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
        "grpc-status": code,
        "grpc-message": encodeURI(details),
        "grpc-accept-encoding": ACCEPTED_ENCODING,
        ...metadata.toHttp2Headers(),
      },
      { endStream: true },
    );
    this.#closeAfterGrace(stream);
  }

  /** A client that goes on sending after its answer is cut off. */
  #closeAfterGrace(stream: ServerHttp2Stream): void {
    const { runningClock, limits } = this.#host;
    const close = (): void => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const timer = runningClock.startTimer(limits.slowReaderGraceMs, close);
    stream.once("close", () => timer[Symbol.dispose]());
  }

  #accountOf(session: Http2Session): ConnectionAccount {
    const known = this.#accounts.get(session);
    if (known !== undefined) return known;
    const account = new ConnectionAccount();
    this.#accounts.set(session, account);
    return account;
  }
}

function ignore(): void {
  // Nothing is to be done.
}
