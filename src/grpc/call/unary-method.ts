import type { handleUnaryCall } from "@grpc/grpc-js";
import type { DecodedRequest } from "../contract/decoded-request.js";
import type { CallContext } from "./call-context.js";
import type { CallHost } from "./call-host.js";
import { EncodedResponse } from "../contract/service-definition.js";
import { ServedCall } from "./served-call.js";

/** A unary method of a service. */
export interface UnaryMethod<Request, Response> {
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
