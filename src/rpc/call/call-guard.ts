import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { GenerationError } from "../../core/generation-error.js";
import type { CallHost } from "./call-host.js";
import { CallWire } from "./call-wire.js";

/** Health must answer when everything else is full: overload never flips it. Its watches have a bound of their own. */
const UNCOUNTED_PATHS = "/grpc.health.v1.Health/";

/**
 * The first interceptor of every call: gives it its wire, and refuses, in trailers only and before a handler is found, what is too much: metadata,
 * calls in the process, time for the body of a request.
 */
export function callGuard(host: CallHost): ServerInterceptor {
  return (method, call) => {
    const wire = new CallWire(call, { host, path: method.path });
    let bodyTimer: Disposable | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            const refusal = refusalOf(metadata, method.path, { host, wire });
            if (refusal !== undefined) {
              wire.fail(refusal);
              return;
            }
            if (!method.requestStream) bodyTimer = startBodyTimer(host, wire);
            wire.bindTo(metadata);
            pass(metadata);
          },
          onReceiveHalfClose(pass) {
            bodyTimer?.[Symbol.dispose]();
            // The guard lives as long as its call.
            bodyTimer = undefined;
            pass();
          },
          onCancel: () => bodyTimer?.[Symbol.dispose](),
        }),
    });
  };
}

function refusalOf(
  metadata: Metadata,
  path: string,
  call: { host: CallHost; wire: CallWire },
): GenerationError | undefined {
  const { limits, openCalls } = call.host;
  const bytes = metadataBytes(metadata);
  if (bytes > limits.metadataBytes) {
    return new GenerationError("METADATA_TOO_LARGE", `metadata of ${bytes} bytes; at most ${limits.metadataBytes}`, {
      facts: { metadata_bytes: String(bytes), max_metadata_bytes: String(limits.metadataBytes) },
    });
  }
  if (path.startsWith(UNCOUNTED_PATHS)) return undefined;
  const refusal = openCalls.tryEnter();
  if (refusal === undefined) call.wire.onClosed(() => openCalls.leave());
  return refusal;
}

/** Names and values as they travelled. */
function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of Array.isArray(values) ? values : [values]) bytes += name.length + String(value).length;
  }
  return bytes;
}

function startBodyTimer({ runningClock, limits }: CallHost, wire: CallWire): Disposable {
  return runningClock.startTimer(limits.unaryBodyMs, () => {
    const text = `the request's message did not come within ${limits.unaryBodyMs} ms`;
    const facts = { max_request_body_time_ms: String(limits.unaryBodyMs) };
    wire.fail(new GenerationError("DEADLINE_EXCEEDED", text, { facts }));
  });
}
