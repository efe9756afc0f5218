import type { handleUnaryCall } from "@grpc/grpc-js";
import type { DecodedRequest } from "../request/decoded-request.js";
import type { CallContext } from "./call-context.js";
import type { CallHost } from "./call-host.js";
import { ServedCall } from "./served-call.js";

/** What a service does for one unary method. */
export interface UnaryMethod<Request, Response> {
  /** As it stands in logs. */
  readonly method: string;
  readonly handle: (request: DecodedRequest<Request>, context: CallContext) => Response | Promise<Response>;
}

/** A unary method as grpc-js takes it. Whatever its service throws becomes a status; nothing is left unhandled. */
export function unaryMethod<Request, Response>(
  host: CallHost,
  { method, handle }: UnaryMethod<Request, Response>,
): handleUnaryCall<DecodedRequest<Request>, Response> {
  return (call, respond) => {
    const serve = async (): Promise<void> => {
      using served = new ServedCall(host, call, { method, kind: "plain" });
      const { signal, wire } = served;
      try {
        const response = await handle(call.request, served);
        signal.throwIfAborted();
        respond(null, response, wire.trailers());
        // grpc-js does not tell when the answer was taken: who does not read it must not keep it here for ever.
        wire.resetAfter(host.limits.slowReaderStallMs);
      } catch (thrown) {
        served.fail(thrown);
      }
    };
    void serve();
  };
}
