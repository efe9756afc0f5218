import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AuditAction } from "../../core/audit.js";
import type { MethodAccess } from "../../core/calls.js";
import { type ErrorCode, GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { printableText } from "../../telemetry/log-text.js";
import { CallLimit, type RequestBytes } from "../call/call-limits.js";
import type { CallHost } from "../call/call-context.js";
import { CallWire, originOf } from "../call/call-wire.js";
import { describeError } from "../call/refusal-log.js";
import { callerOn, rememberCaller } from "../call/stream-caller.js";
import { deadlinePassed, toErrorStatus } from "../status/error-status.js";
import { formatGrpcTimeout, parseGrpcTimeout, type ProxyDeadlines } from "./call-deadlines.js";
import { peerOf } from "../connection/peers.js";
import { checkCaller } from "./caller-check.js";
import { AdmissionTurns, ReadingTurns } from "./connection-turns.js";
import { PendingCalls, ResetBudget } from "./gate-bounds.js";
import { replaceStreamHandler, type StreamHandler } from "./grpc-js-internals.js";
import {
  ACCEPTED_ENCODING,
  headerProblem,
  httpProblem,
  IncomingCall,
  type IncomingCallListener,
  refuseHttp,
} from "./incoming-call.js";
import { maxMessageBytesOf, RequestBody, StreamedBody } from "./request-body.js";
import type { Http2Listener } from "../connection/http2-listener.js";

/** Health calls are exempt from the limit on calls, so that overload never affects them. */
const HEALTH_PATHS = "/grpc.health.v1.Health/";
/** Watches have a limit of their own. */
const HEALTH_WATCH_PATH = "/grpc.health.v1.Health/Watch";
/** The number of open health checks. The server responds at once, so a check that stays open has a reader that does not take the response. */
const OPEN_HEALTH_CALLS = 256;
/** The methods with which a tenant sees and ends what takes its calls. They have some calls of their own for when the others are taken. */
const CONTROL_PATHS: ReadonlySet<string> = new Set([
  "/rill.v1.GenerationService/CancelGeneration",
  "/rill.v1.GenerationService/GetGeneration",
  "/rill.v1.ServerService/GetLoad",
]);
/** The number of calls that are kept for those methods. */
const CONTROL_CALLS = 64;
/** The share of all calls that may lack a complete message. */
const PENDING_SHARE = 1 / 4;

/** The refusals of callers that the audit trail hears of. */
const ACTION_OF_REFUSAL: Readonly<Partial<Record<ErrorCode, AuditAction>>> = {
  UNAUTHENTICATED: "authentication_failed",
  CREDENTIALS_REVOKED: "authentication_failed",
  PERMISSION_DENIED: "permission_denied",
};

/** A stream as HTTP/2 delivers it, and the handler of grpc-js for it. */
interface ArrivedStream {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly handler: StreamHandler;
}

/** The facts about a method that the gate needs. */
export interface PathFacts {
  readonly streamsRequest: boolean;
  readonly access: MethodAccess;
}

export interface RequestGateOptions {
  readonly host: CallHost;
  /** The paths of all methods. */
  readonly paths: ReadonlyMap<string, PathFacts>;
  readonly proxyDeadlines: ProxyDeadlines;
}

/**
 * Stands between HTTP/2 and grpc-js, on the main thread. grpc-js sees a call only once its message is complete and within all limits, so it decompresses
 * nothing, and a stream that is reset at once costs it nothing. The gate refuses faulty calls in trailers only. It checks in this order: reset storms,
 * method, content type, metadata, encoding, timeout, caller and permission, calls without a message, form and size of the body, limit on calls.
 */
export class RequestGate implements IncomingCallListener {
  readonly #host: CallHost;
  readonly #paths: RequestGateOptions["paths"];
  readonly #proxyDeadlines: ProxyDeadlines;
  readonly #pending: PendingCalls;
  readonly #openHealthCalls: PendingCalls;
  readonly #resets: ResetBudget;
  readonly #readingTurns = new ReadingTurns();
  readonly #controlCalls = new CallLimit(CONTROL_CALLS);
  readonly #turns: AdmissionTurns<object, IncomingCall>;
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

  /** The calls whose message is incomplete. */
  get pendingCalls(): number {
    return this.#pending.count;
  }

  /** The streams refused in reset storms since the start. */
  get refusedStreams(): number {
    return this.#refusedStreams;
  }

  /** Replaces the handler of grpc-js, which then gets only the calls that pass. The listener must not listen yet. */
  standBefore(listener: Http2Listener): void {
    this.#readingTurns.watch(listener);
    replaceStreamHandler(listener, (handler) => (stream, headers) => this.#meet({ stream, headers, handler }));
  }

  #meet({ stream, headers, handler }: ArrivedStream): void {
    // The client has reset the stream in the same packet.
    if (stream.session === undefined || stream.destroyed) return;
    const connection = stream.session as ServerHttp2Session;
    this.#readingTurns.onStream(connection);
    // The 'close' event tells what an error means.
    stream.once("error", ignore);
    if (!this.#resets.allows(connection)) {
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
      // grpc-js refuses unknown methods itself. The rest of the request is dropped.
      handler(stream, headers);
      stream.resume();
      this.#closeAfterGrace(stream);
      return;
    }
    const problem = headerProblem(headers, this.#host.limits.metadataBytes);
    if (problem !== undefined) {
      this.#refuse({ stream, path }, problem);
      return;
    }
    const refusal = this.#callerProblem({ stream, headers }, { connection, path, ...served });
    if (refusal === undefined) this.#receive({ stream, headers, handler }, { connection, path, ...served });
    else if (refusal.code === "UNAUTHENTICATED") this.#refuseStranger({ stream, path, connection }, refusal);
    else this.#refuse({ stream, path }, refusal);
  }

  /** Refuses a caller with bad credentials, later if there were many of them from its address. The rest of its request is dropped. */
  #refuseStranger(
    { stream, path, connection }: { stream: ServerHttp2Stream; path: string; connection: object },
    error: GenerationError,
  ): void {
    const refusal = this.#host.failedChecks.note(peerOf(connection).address, () =>
      this.#refuse({ stream, path }, error),
    );
    if (refusal.type === "now") return;
    stream.resume();
    if (refusal.type === "dropped") {
      this.#host.refusals.count(error.code);
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    stream.once("close", () => {
      if (refusal.drop()) this.#resets.count(connection, { handedOn: false });
    });
  }

  /** Checks the caller before anything of the message is kept, and stores it for the handler. */
  #callerProblem(
    { stream, headers }: Pick<ArrivedStream, "stream" | "headers">,
    { connection, ...method }: { connection: object; path: string; access: MethodAccess },
  ): GenerationError | undefined {
    try {
      const peer = peerOf(connection);
      rememberCaller(stream, checkCaller(this.#host, { peer, headers }, method));
      return undefined;
    } catch (thrown) {
      const error = GenerationError.from(thrown);
      const action = ACTION_OF_REFUSAL[error.code];
      if (action !== undefined) {
        const { name: peer } = peerOf(connection);
        this.#host.audit.record({ action, outcome: "refused", peer, target: method.path.slice(1), reason: error.code });
      }
      return error;
    }
  }

  /** Waits for the message of the call. */
  #receive(
    { stream, headers, handler }: ArrivedStream,
    call: { connection: object; path: string; streamsRequest: boolean },
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

  /** The timeout of the caller or of the proxy, whichever is shorter. */
  #timeoutMs({ session }: ServerHttp2Stream, headers: IncomingHttpHeaders): number | undefined {
    const { "grpc-timeout": timeout } = headers;
    const ownMs = timeout === undefined ? undefined : parseGrpcTimeout(String(timeout));
    const proxyMs = this.#proxyDeadlines.timeoutMs(headers, () => session?.socket.remoteAddress);
    return ownMs === undefined || proxyMs === undefined ? (ownMs ?? proxyMs) : Math.min(ownMs, proxyMs);
  }

  onGrowth(call: IncomingCall): GenerationError | undefined {
    const { requestBytes } = this.#host;
    const { connection, body } = call;
    const evict = (): void => call.fail(bytesExhausted(requestBytes));
    return requestBytes.hold(call.stream, { connection, evict }, body.heldBytes)
      ? undefined
      : bytesExhausted(requestBytes);
  }

  onWhole(call: IncomingCall): void {
    this.#host.requestBytes.settle(call.stream);
    this.#pending.remove(call);
    this.#turns.add(call, { connection: call.connection, isUrgent: call.path.startsWith(HEALTH_PATHS) });
  }

  onProblem(call: IncomingCall, error: GenerationError): void {
    this.#forget(call);
    this.#refuse(call, error);
  }

  onGone(call: IncomingCall): void {
    this.#forget(call);
    this.#resets.count(call.connection, { handedOn: false });
  }

  #forget(call: IncomingCall): void {
    this.#pending.remove(call);
    this.#host.requestBytes.release(call.stream);
  }

  /** Hands a call over to grpc-js, unless it was reset while it waited for its turn. */
  #admit(call: IncomingCall): void {
    if (call.isOver) return;
    const { stream, connection, headers, deadlineMs } = call;
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
        this.#resets.count(connection, { handedOn: true });
      }
    });
    if (call.streamsRequest) this.#watchMessages(call);
    call.handOver();
  }

  /** Counts the call toward the limit on calls, or toward that of health calls. Returns a function that ends the count, or the refusal. */
  #claimCall(call: IncomingCall): (() => void) | GenerationError {
    const { connection, path, stream } = call;
    const { callLimit } = this.#host;
    if (path === HEALTH_WATCH_PATH) return ignore;
    if (path.startsWith(HEALTH_PATHS)) return this.#claimHealthCall(call);
    const owner = { connection, tenant: callerOn(stream).tenant };
    // A waiting call keeps the function, so the function must not reference the call's message.
    const refusal = callLimit.tryEnter(owner);
    if (refusal === undefined) return () => callLimit.leave(owner);
    if (owner.tenant === "" || !CONTROL_PATHS.has(path)) return refusal;
    return this.#controlCalls.tryEnter(owner) ?? (() => this.#controlCalls.leave(owner));
  }

  #claimHealthCall({ connection, stream }: IncomingCall): () => void {
    const openCall = { connection };
    this.#openHealthCalls.add(openCall, () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
    return () => this.#openHealthCalls.remove(openCall);
  }

  /** Checks the messages after the first one, whose bound and flag grpc-js does not check. */
  #watchMessages({ stream, path }: IncomingCall): void {
    const body = new StreamedBody(maxMessageBytesOf(path, this.#host.limits));
    stream.on("data", (chunk: Buffer) => {
      const problem = body.pass(chunk);
      if (problem !== undefined) CallWire.onStream(stream)?.fail(problem);
    });
  }

  /** The path of an unknown method is arbitrary text of its caller, so it is made printable. */
  #shown(path: string): string {
    return printableText(wellFormedText(path, this.#host.limits.idBytes));
  }

  #refuse({ stream, path }: { stream: ServerHttp2Stream; path: string }, error: GenerationError): void {
    if (stream.destroyed || stream.closed) return;
    const method = path.slice(path.lastIndexOf("/") + 1);
    this.#host.refusals.note(error.code, () => ({ method, ...originOf(stream), ...describeError(error) }));
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

  /** Resets the stream of a client that continues to send after its response. */
  #closeAfterGrace(stream: ServerHttp2Stream): void {
    const { runningClock, limits } = this.#host;
    const close = (): void => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const timer = runningClock.startTimer(limits.slowReaderGraceMs, close);
    stream.once("close", () => timer[Symbol.dispose]());
  }
}

function bodyLate({ unaryBodyMs }: Limits): GenerationError {
  return new GenerationError("DEADLINE_EXCEEDED", `the request message did not arrive within ${unaryBodyMs} ms`, {
    facts: { max_request_body_time_ms: String(unaryBodyMs) },
  });
}

function bytesExhausted({ maxBytes }: RequestBytes): GenerationError {
  const text = `the requests in progress hold ${maxBytes} bytes, which is the limit of the server`;
  return new GenerationError("TOO_MANY_REQUEST_BYTES", text, { facts: { max_total_request_bytes: String(maxBytes) } });
}

function pendingTooMany(): GenerationError {
  const text = "too many calls wait for their messages, and the connection of this one has the most of them";
  return new GenerationError("TOO_MANY_CALLS", text, { retryAfterMs: 1_000 });
}

function ignore(): void {
  // Nothing remains to be done.
}
