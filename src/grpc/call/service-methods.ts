import type { handleBidiStreamingCall, handleServerStreamingCall, handleUnaryCall } from "@grpc/grpc-js";
import { onAbort } from "../../sync/abort.js";
import { type DecodedRequest, EncodedResponse } from "../contract/service-definition.js";
import type { CallContext, CallHost } from "./call-context.js";
import type { WatcherLimit } from "./call-limits.js";
import type { CallKind } from "./call-scope.js";
import { ServedCall, StreamedCall } from "./served-call.js";
import { defaultReaderRule } from "./stream-writer.js";

/** A unary method of a service. */
interface UnaryMethod<Request, Response> {
  /** The name of the method in the log. */
  readonly method: string;
  /** A response that may be large is encoded already, piece by piece at the host's pace. */
  readonly handle: (
    request: DecodedRequest<Request>,
    context: CallContext,
  ) => Response | EncodedResponse | Promise<Response | EncodedResponse>;
  readonly encode: (response: Response) => Buffer;
}

/**
 * Adapts a unary method to grpc-js. The response is encoded once and counted while it waits for its reader. Every error of the service becomes a
 * status; nothing is left unhandled.
 */
export function unaryMethod<Request, Response>(
  host: CallHost,
  { method, handle, encode }: UnaryMethod<Request, Response>,
): handleUnaryCall<DecodedRequest<Request>, EncodedResponse> {
  return (call, respond) => {
    const serve = async (): Promise<void> => {
      using served = new ServedCall(host, call, { method, kind: "plain" });
      const { signal, wire } = served;
      try {
        // The credentials may have been revoked while the request was read.
        signal.throwIfAborted();
        const response = await handle(call.request, served);
        signal.throwIfAborted();
        const encoded = response instanceof EncodedResponse ? response : new EncodedResponse(encode(response));
        served.holdResponse(encoded.bytes.length);
        respond(null, encoded, wire.trailers());
        served.responseSent();
        // grpc-js does not tell when the reader has taken the response. A caller that never reads must not keep it in memory.
        wire.resetAfter(host.limits.slowReaderStallMs);
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}

/** The messages of a stream. */
export type Messages<Message> = AsyncIterable<Message> | Iterable<Message>;

/** A method of a service that streams its response. */
interface StreamMethod<Request, Message, Response> {
  /** The name of the method in the log. */
  readonly method: string;
  readonly kind: CallKind;
  /**
   * Returns the messages. Each is created when it is requested, which is when the reader's window has accepted the previous one, and the iterator
   * returns early if the call ends. An error before the first message goes out in trailers only.
   */
  readonly handle: (
    request: DecodedRequest<Request>,
    context: CallContext,
  ) => Messages<Message> | Promise<Messages<Message>>;
  readonly toResponse: (message: Message) => Response;
  /** The UTF-8 bytes of text in a message, for the pace of the reader. */
  readonly textBytes: (message: Message) => number;
  /** Called when the reader's window has accepted the message, even if the call has ended meanwhile. */
  readonly taken: (message: Message) => void;
}

/** The functions for a method whose messages are its responses and contain no text of a model. */
export const WITHOUT_TEXT = {
  toResponse<Message>(message: Message): Message {
    return message;
  },
  textBytes(): number {
    return 0;
  },
  taken(): void {
    // Nothing depends on when the reader takes such a message.
  },
};

/** Adapts a streaming method to grpc-js. Every error of the service becomes a status; nothing is left unhandled. */
export function streamMethod<Request, Message, Response>(
  host: CallHost,
  { method, kind, handle, toResponse, textBytes, taken }: StreamMethod<Request, Message, Response>,
): handleServerStreamingCall<DecodedRequest<Request>, Response> {
  const options = { method, kind, rule: defaultReaderRule(host.limits) };
  return (call) => {
    const serve = async (): Promise<void> => {
      using served = new StreamedCall(host, call, options);
      try {
        served.signal.throwIfAborted();
        for await (const message of await handle(call.request, served)) {
          await served.writer.write(toResponse(message), textBytes(message), () => taken(message));
        }
        served.wire.finish();
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}

/** A method that responds to each message of a stream with one message. */
interface BidiMethod<Request> {
  /** The name of the method in the log. */
  readonly method: string;
  /** The limit on concurrent streams. */
  readonly watchers: WatcherLimit;
  /** Creates the response to a request. It runs at the host's pace. */
  readonly handle: (request: DecodedRequest<Request>) => EncodedResponse;
}

/**
 * Adapts a bidirectional method to grpc-js. It reads the next request once the reader has taken the response to the previous one. The call counts as
 * a watch.
 */
export function bidiMethod<Request>(
  host: CallHost,
  { method, watchers, handle }: BidiMethod<Request>,
): handleBidiStreamingCall<DecodedRequest<Request>, EncodedResponse> {
  const options = { method, kind: "watch" as const, rule: defaultReaderRule(host.limits) };
  return (call) => {
    const serve = async (): Promise<void> => {
      using served = new StreamedCall(host, call, options);
      const { signal, wire, writer } = served;
      try {
        signal.throwIfAborted();
        // A read that waits for the client's next message ends only with its stream.
        using _end = onAbort(signal, () => call.destroy());
        using _watcher = watchers.take(served.caller.tenant);
        for await (const request of call as AsyncIterable<DecodedRequest<Request>>) {
          await writer.write(await host.pace.run(() => handle(request)), 0, () => undefined);
        }
        wire.finish();
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}
