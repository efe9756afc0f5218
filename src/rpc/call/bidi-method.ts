import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import { onAbort } from "../../sync/on-abort.js";
import type { DecodedRequest } from "../request/decoded-request.js";
import type { CallHost } from "./call-host.js";
import { defaultReaderRule } from "./reader-rule.js";
import { StreamedCall } from "./streamed-call.js";

/** What a service does for one method that answers each message of a stream by one message. */
export interface BidiMethod<Request, Response> {
  /** As it stands in logs. */
  readonly method: string;
  readonly handle: (request: DecodedRequest<Request>) => Response;
}

/** A method of two streams as grpc-js takes it. The next request is read when the answer to the one before was taken. Counts as a watch. */
export function bidiMethod<Request, Response>(
  host: CallHost,
  { method, handle }: BidiMethod<Request, Response>,
): handleBidiStreamingCall<DecodedRequest<Request>, Response> {
  const options = { method, kind: "watch" as const, rule: defaultReaderRule(host.limits) };
  return (call) => {
    const serve = async (): Promise<void> => {
      using served = new StreamedCall(host, call, options);
      const { signal, wire, writer } = served;
      try {
        // A read that waits for the client's next message ends only with its stream.
        using _end = onAbort(signal, () => call.destroy());
        for await (const request of call as AsyncIterable<DecodedRequest<Request>>) {
          await writer.write(handle(request), 0);
        }
        wire.finish();
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}
