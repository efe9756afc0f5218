import type { handleServerStreamingCall } from "@grpc/grpc-js";
import type { DecodedRequest } from "../contract/decoded-request.js";
import type { CallContext } from "./call-context.js";
import type { CallHost } from "./call-host.js";
import type { CallKind } from "./open-calls.js";
import { defaultReaderRule } from "./reader-rule.js";
import { StreamedCall } from "./streamed-call.js";

/** The messages of a stream. */
export type Messages<Message> = AsyncIterable<Message> | Iterable<Message>;

/** A method of a service that streams its response. */
export interface StreamMethod<Request, Message, Response> {
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
