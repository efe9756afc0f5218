import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import { onAbort } from "../../sync/on-abort.js";
import type { DecodedRequest } from "../contract/decoded-request.js";
import type { CallHost } from "./call-host.js";
import type { EncodedResponse } from "../contract/service-definition.js";
import { defaultReaderRule } from "./reader-rule.js";
import type { WatcherLimit } from "./watcher-limit.js";
import { StreamedCall } from "./streamed-call.js";

/** What a service does for one method that answers each message of a stream by one message. */
export interface BidiMethod<Request> {
  /** As it stands in logs. */
  readonly method: string;
  /** One for each stream. */
  readonly watchers: WatcherLimit;
  /** Runs at the host's pace. */
  readonly handle: (request: DecodedRequest<Request>) => EncodedResponse;
}

/** A method of two streams as grpc-js takes it. The next request is read when the answer to the one before was taken. Counts as a watch. */
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
          await writer.write(await host.pace.run(() => handle(request)), 0);
        }
        wire.finish();
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}
