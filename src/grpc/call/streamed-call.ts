import type { CallHost } from "./call-host.js";
import type { CallKind } from "./open-calls.js";
import type { ReaderRule } from "./reader-rule.js";
import { type HandledCall, ServedCall } from "./served-call.js";
import { StreamWriter, type WritableCall } from "./stream-writer.js";

/** A served call with a streamed response and its writer. */
export class StreamedCall<Response> extends ServedCall {
  readonly writer: StreamWriter<Response>;

  /** @param options.rule the rule for the reader until the request brings another one */
  constructor(
    host: CallHost,
    call: HandledCall & WritableCall<Response>,
    options: { method: string; kind: CallKind; rule: ReaderRule },
  ) {
    super(host, call, options);
    this.writer = new StreamWriter({ call, scope: this.scope, clock: host.runningClock, rule: options.rule });
  }

  override useReaderRule(rule: ReaderRule): void {
    this.writer.useRule(rule);
  }

  override [Symbol.dispose](): void {
    this.writer[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}
