import type { handleUnaryCall } from "@grpc/grpc-js";
import type { DecodedRequest } from "../contract/decoded-request.js";
import type { CallContext } from "./call-context.js";
import type { CallHost } from "./call-host.js";
import { EncodedResponse } from "../contract/service-definition.js";
import { ServedCall } from "./served-call.js";

/** What a service does for one unary method. */
export interface UnaryMethod<Request, Response> {
  /** As it stands in logs. */
  readonly method: string;
  /** A response that may be large comes encoded, made by pieces at the host's pace. */
  readonly handle: (
    request: DecodedRequest<Request>,
    context: CallContext,
  ) => Response | EncodedResponse | Promise<Response | EncodedResponse>;
  readonly encode: (response: Response) => Buffer;
}

/** A unary method as grpc-js takes it. Its response is encoded once, and counted for as long as it waits for its reader. Whatever its service throws becomes a status; nothing is left unhandled. */
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
        // grpc-js does not tell when the answer was taken: who does not read it must not keep it here for ever.
        wire.resetAfter(host.limits.slowReaderStallMs);
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}
