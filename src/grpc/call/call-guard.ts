import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { CallHost } from "./call-host.js";
import { CallWire } from "./call-wire.js";

/** The first interceptor of every call, after the gate: gives it its wire. */
export function callGuard(host: CallHost): ServerInterceptor {
  return (method, call) => {
    const wire = new CallWire(call, { host, path: method.path });
    return new ServerInterceptingCall(call, {
      sendMetadata(metadata, pass) {
        // grpc-js announces that it inflates; the gate refuses what is compressed.
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
