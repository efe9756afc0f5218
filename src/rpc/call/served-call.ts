import { status as Status, type Metadata } from "@grpc/grpc-js";
import type { GenerationError } from "../../core/generation-error.js";
import { ProtocolStatus } from "../status/protocol-status.js";
import { STATUS_OF_CODE } from "../status/status-table.js";
import type { CallHost } from "./call-host.js";
import { type CancellableCall, CallScope } from "./call-scope.js";
import { CallWire } from "./call-wire.js";
import type { CallKind } from "./open-calls.js";

/** The trailer of generation calls. */
export const GENERATION_ID_KEY = "x-rill-generation-id";

/** One call that reached its handler: its scope and its wire, tied together for as long as the handler runs. */
export class ServedCall implements Disposable {
  readonly scope: CallScope;
  readonly wire: CallWire;
  readonly #host: CallHost;
  readonly #method: string;

  constructor(
    host: CallHost,
    call: CancellableCall & { readonly metadata: Metadata },
    { method, kind }: { method: string; kind: CallKind },
  ) {
    this.#host = host;
    this.#method = method;
    this.wire = CallWire.of(call.metadata);
    this.scope = new CallScope(call, () => host.openCalls.forget(this.scope));
    this.wire.onForcedEnd((reason) => this.scope.abort(reason));
    host.openCalls.remember(this.scope, kind);
  }

  /** Ends the call whose handler threw, whatever it threw. Never throws. */
  fail(thrown: unknown): void {
    if (thrown instanceof ProtocolStatus && !this.scope.signal.aborted) {
      this.wire.failPlainly(thrown.code, thrown.message);
      return;
    }
    const error = this.scope.failure(thrown);
    this.#logFailure(error);
    this.wire.fail(error);
  }

  [Symbol.dispose](): void {
    this.scope[Symbol.dispose]();
  }

  /** The server's own faults are errors, with their cause, once. What ends a generation otherwise, the scheduler logs. */
  #logFailure(error: GenerationError): void {
    const [generationId] = this.wire.trailers.get(GENERATION_ID_KEY);
    const fields = { method: this.#method, generationId, reason: error.code, facts: error.facts };
    const isFault = STATUS_OF_CODE[error.code] === Status.INTERNAL;
    if (error.code === "STORE_UNAVAILABLE")
      this.#host.log.warn({ ...fields, err: error.cause }, "the store failed a call");
    else if (isFault) this.#host.log.error({ ...fields, err: error.cause ?? error }, "a call failed");
    else this.#host.log.debug(fields, "a call ended without its result");
  }
}
