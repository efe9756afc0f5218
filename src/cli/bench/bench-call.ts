import { CallFailure } from "../../client/call-failure.js";
import type { JsonObject } from "../../client/contract-json.js";
import type { ClientSession } from "../command/client-command.js";
import type { CompletedJson, GenerationEventJson } from "../command/generation-json.js";

/** The result of one call as its caller saw it. */
export type BenchResult =
  | {
      readonly type: "done";
      readonly outputTokens: number;
      readonly reusedInputTokens: number;
      /** The time from the start of the call to its first chunk, or undefined if there was none. */
      readonly firstTokenMs: number | undefined;
      /** The times between consecutive chunks. */
      readonly gapsMs: readonly number[];
    }
  /** The server's reason, such as QUEUE_FULL, or the status if the error does not come from the server. */
  | { readonly type: "failed"; readonly reason: string };

/**
 * Reads one generation to its end. A failed call is a result too.
 * @throws ContractMismatch, or the signal's reason
 */
export async function makeCall(
  { client, call }: Pick<ClientSession, "client" | "call">,
  request: JsonObject,
): Promise<BenchResult> {
  const openedAtMs = performance.now();
  let firstTokenMs: number | undefined;
  let latestAtMs = openedAtMs;
  const gapsMs: number[] = [];
  let usage: CompletedJson["usage"];
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
