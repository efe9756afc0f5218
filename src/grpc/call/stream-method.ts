import type { handleServerStreamingCall } from "@grpc/grpc-js";
import type { DecodedRequest } from "../contract/decoded-request.js";
import type { CallContext } from "./call-context.js";
import type { CallHost } from "./call-host.js";
import type { CallKind } from "./open-calls.js";
import { defaultReaderRule } from "./reader-rule.js";
import { StreamedCall } from "./streamed-call.js";

/** The messages of a stream. */
export type Messages<Message> = AsyncIterable<Message> | Iterable<Message>;

/** What a service does for one method that streams its response. */
export interface StreamMethod<Request, Message, Response> {
  /** As it stands in logs. */
  readonly method: string;
  readonly kind: CallKind;
  /**
   * Gives the messages, each formed when it is asked for: only when the reader's window has taken the one before; returned early when the call ends.
   * What is thrown before the first one goes out in trailers only.
   */
  readonly handle: (
    request: DecodedRequest<Request>,
    context: CallContext,
  ) => Messages<Message> | Promise<Messages<Message>>;
  readonly toResponse: (message: Message) => Response;
  /** UTF-8 bytes of text in a message, for the pace of the reader. */
  readonly textBytes: (message: Message) => number;
  /** Called when the reader's window has taken the message, even if the call has ended meanwhile. */
  readonly taken: (message: Message) => void;
}

/** For a method whose messages are its responses, and hold none of a model's text. */
export const WITHOUT_TEXT = {
  toResponse<Message>(message: Message): Message {
    return message;
  },
  textBytes(): number {
    return 0;
  },
  taken(): void {
    // Nothing depends on it.
  },
};

/** A streaming method as grpc-js takes it. Whatever its service throws becomes a status; nothing is left unhandled. */
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
