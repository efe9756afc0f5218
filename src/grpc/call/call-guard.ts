import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { CallHost } from "./call-host.js";
import { CallWire } from "./call-wire.js";

/** The first interceptor of every call behind the gate. It creates the wire of the call. */
export function callGuard(host: CallHost): ServerInterceptor {
  return (method, call) => {
    const wire = new CallWire(call, { host, path: method.path });
    return new ServerInterceptingCall(call, {
      sendMetadata(metadata, pass) {
        // grpc-js announces that it accepts compressed messages, which the gate refuses.
        metadata.set("grpc-accept-encoding", "identity");
        pass(metadata);
      },
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            wire.bindTo(metadata);
            pass(metadata);
          },
        }),
    });
  };
}
