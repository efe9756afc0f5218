import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import { onAbort } from "../../sync/abort.js";
import type { DecodedRequest } from "../contract/decoded-request.js";
import type { CallHost } from "./call-host.js";
import type { EncodedResponse } from "../contract/service-definition.js";
import { defaultReaderRule } from "./reader-rule.js";
import type { WatcherLimit } from "./watcher-limit.js";
import { StreamedCall } from "./streamed-call.js";

/** A method that responds to each message of a stream with one message. */
export interface BidiMethod<Request> {
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
        // A read that waits for the client's next message ends only with its stream.
        using _end = onAbort(signal, () => call.destroy());
        using _watcher = watchers.take();
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
