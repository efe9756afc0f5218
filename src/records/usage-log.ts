import type { EndedGeneration } from "../core/usage-recorder.js";
import type { LineFile, LineFileReport } from "./line-file.js";

export interface UsageLogOptions {
  readonly file: LineFile;
  /** The digest of the model that is served. */
  readonly modelDigest: string;
  /** The name of this server in each line, which tells the replicas of a fleet apart. */
  readonly instanceId: string;
  /** Whether lines have the callers' labels. */
  readonly withLabels: boolean;
  /** The time of day, in ms since the epoch. */
  readonly wallNowMs: () => number;
}

/** Writes one line of JSON for each ended generation, for billing. A line has no text of a caller but its names, and its labels only on request. */
export class UsageLog {
  readonly #options: UsageLogOptions;

  constructor(options: UsageLogOptions) {
    this.#options = options;
  }

  get report(): LineFileReport {
    return this.#options.file.report;
  }

  ended({ tenant, subject, generationId, requestId, labels, outcome, usage }: EndedGeneration): void {
    const { file, modelDigest, instanceId, withLabels, wallNowMs } = this.#options;
    const line = {
      time: new Date(wallNowMs()).toISOString(),
      tenant,
      subject,
      generationId,
      requestId,
      model: modelDigest,
      inputTokens: usage.inputTokens,
      reusedInputTokens: usage.reusedInputTokens,
      outputTokens: usage.outputTokens,
      reasoningTokens: usage.reasoningTokens ?? 0,
      outcome,
      instance: instanceId,
      labels: withLabels ? Object.fromEntries(labels) : undefined,
    };
    file.append(JSON.stringify(line));
  }
}
