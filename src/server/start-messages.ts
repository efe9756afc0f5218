import { counted } from "../core/counted.js";
import type { LogFormat } from "../telemetry/logger.js";

const BYTES_PER_MIB = 1024 * 1024;

/** Says which model is loaded, and from which file. */
export function loadingMessage(model: {
  readonly name: string;
  readonly path: string;
  readonly gguf: { readonly sizeBytes: number };
}): string {
  return `loading ${model.name}, ${(model.gguf.sizeBytes / BYTES_PER_MIB).toFixed(1)} MiB, from ${model.path}\n`;
}

/** Says which context was chosen, and why. */
export function contextMessage({ contextTokens, reason }: { contextTokens: number; reason: string }): string {
  return `context of ${counted(contextTokens, "token")}: ${reason}\n`;
}

/** Says how long the load took, and how many generations fit. */
export function loadedMessage(
  loadMs: number,
  engine: { readonly sequences: number; readonly contextTokens: number; readonly threads: number },
): string {
  const { sequences, contextTokens, threads } = engine;
  const size = `${counted(sequences, "generation")} at once, ${counted(contextTokens, "token")} each, on ${counted(threads, "thread")}`;
  return `loaded in ${(loadMs / 1_000).toFixed(1)} s: ${size}\n`;
}

/** Describes where the log goes, for the announcement. */
export function describeLogPlace(format: LogFormat, isTerminal: boolean): string {
  if (format === "json") return "standard output, one JSON object a line";
  return isTerminal
    ? "standard output, which is this terminal; a file or a pipe gets JSON (--log-format)"
    : "standard output, in lines for people";
}
