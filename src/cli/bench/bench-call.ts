import { CallFailure } from "../../client/call-failure.js";
import type { JsonObject } from "../../client/contract-json.js";
import type { ClientSession } from "../command/client-command.js";
import type { GenerationEnd, GenerationEventJson } from "../command/generation-answer.js";

/** One call as its caller saw it. */
export type CallOutcome =
  | {
      readonly type: "done";
      readonly outputTokens: number;
      readonly reusedInputTokens: number;
      /** From the call's opening to its first chunk; undefined: there was none. */
      readonly firstTokenMs: number | undefined;
      /** Between two chunks each. */
      readonly gapsMs: readonly number[];
    }
  /** The server's reason such as QUEUE_FULL, or the status where it is not the server's own. */
  | { readonly type: "failed"; readonly reason: string };

/** Reads one generation to its end. A call that fails is an outcome too. @throws ContractMismatch; the signal's reason */
export async function makeCall(
  { client, call }: Pick<ClientSession, "client" | "call">,
  request: JsonObject,
): Promise<CallOutcome> {
  const openedAtMs = performance.now();
  let firstTokenMs: number | undefined;
  let latestAtMs = openedAtMs;
  const gapsMs: number[] = [];
  let usage: GenerationEnd["usage"];
  try {
    for await (const event of client.stream("rill.v1.GenerationService/GenerateStream", request, call)) {
      const { chunk, completed }: GenerationEventJson = event;
      if (completed !== undefined) usage = completed.usage;
      if (chunk === undefined) continue;
      const nowMs = performance.now();
      if (firstTokenMs === undefined) firstTokenMs = nowMs - openedAtMs;
      else gapsMs.push(nowMs - latestAtMs);
      latestAtMs = nowMs;
    }
  } catch (error) {
    if (error instanceof CallFailure) return { type: "failed", reason: error.reason ?? error.status };
    throw error;
  }
  const { outputTokens = 0, reusedInputTokens = 0 } = usage ?? {};
  return { type: "done", outputTokens, reusedInputTokens, firstTokenMs, gapsMs };
}
