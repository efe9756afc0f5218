import type { handleServerStreamingCall } from "@grpc/grpc-js";
import type { DecodedRequest } from "../request/decoded-request.js";
import type { CallContext } from "./call-context.js";
import { callDeadlineMs } from "./call-deadline.js";
import type { CallHost } from "./call-host.js";
import type { CallKind } from "./open-calls.js";
import { defaultReaderRule } from "./reader-rule.js";
import { ServedCall } from "./served-call.js";
import { StreamWriter } from "./stream-writer.js";

/** What a service does for one method that streams its response. */
export interface StreamMethod<Request, Response> {
  /** As it stands in logs. */
  readonly method: string;
  readonly kind: CallKind;
  /**
   * Yields the messages. Asked for the next one only when the reader's window has taken the one before; returned early when the call ends.
   * What it throws before the first one goes out in trailers only.
   */
  readonly handle: (request: DecodedRequest<Request>, context: CallContext) => AsyncIterable<Response>;
  /** UTF-8 bytes of text in a message, for the pace of the reader. */
  readonly textBytes: (message: Response) => number;
}

/** A streaming method as grpc-js takes it. Whatever its service throws becomes a status; nothing is left unhandled. */
export function streamMethod<Request, Response>(
  host: CallHost,
  { method, kind, handle, textBytes }: StreamMethod<Request, Response>,
): handleServerStreamingCall<DecodedRequest<Request>, Response> {
  return (call) => {
    const serve = async (): Promise<void> => {
      using served = new ServedCall(host, call, { method, kind });
      const { scope, wire } = served;
      using writer = new StreamWriter({ call, scope, clock: host.clock, rule: defaultReaderRule(host.limits) });
      try {
        const context: CallContext = {
          signal: scope.signal,
          deadlineMs: callDeadlineMs(call, host.clock),
          trailers: wire.trailers,
          abort: (reason) => scope.abort(reason),
          useReaderRule: (rule) => writer.useRule(rule),
          onTakenLate: (listener) => writer.onTakenLate(listener),
        };
        for await (const message of handle(call.request, context)) await writer.write(message, textBytes(message));
        wire.finish();
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}
