import type { FinishReason } from "../../src/core/run-end.js";

/** What a run must come to, by the contract's words and brute force, without any of the product's code. */
export interface ExpectedOutput {
  readonly text: string;
  readonly outputTokens: number;
  readonly reason: FinishReason;
}

/**
 * @param tokens the bytes of each token that the model gives before it ends its turn
 * @param stops stop sequences
 */
export function expectedOutput(
  tokens: readonly Uint8Array[],
  stops: readonly string[],
  maxOutputTokens: number,
): ExpectedOutput {
  const most = Math.min(tokens.length, maxOutputTokens);
  for (let outputTokens = 1; outputTokens <= most; outputTokens++) {
    const cut = cutAtFirstStop(certainText(tokens.slice(0, outputTokens)), stops);
    if (cut !== undefined) return { text: cut, outputTokens, reason: "stop_sequence" };
  }
  const reason = tokens.length < maxOutputTokens ? "end_of_turn" : "max_tokens";
  return { text: certainText(tokens.slice(0, most)), outputTokens: most, reason };
}

/** The text of the first tokens, without an incomplete code point at its end. */
export function certainText(tokens: readonly Uint8Array[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(tokens), { stream: true });
}

/** The text before the stop sequence that is complete first, the longest of those complete together. */
function cutAtFirstStop(text: string, stops: readonly string[]): string | undefined {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (complete.length > 0) return text.slice(0, end - Math.max(...complete.map((stop) => stop.length)));
  }
  return undefined;
}
