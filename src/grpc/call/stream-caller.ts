import type { ServerHttp2Stream } from "node:http2";
import type { Caller } from "../../core/calls.js";

const callers = new WeakMap<ServerHttp2Stream, Caller>();

/** Stores the caller that the gate has identified for the handler of the stream's call. */
export function rememberCaller(stream: ServerHttp2Stream, caller: Caller): void {
  callers.set(stream, caller);
}

/** @throws Error if the call did not come through the gate, so that no call is served for nobody */
export function callerOn(stream: ServerHttp2Stream): Caller {
  const caller = callers.get(stream);
  if (caller === undefined) throw new Error("the call did not come through the gate");
  return caller;
}
