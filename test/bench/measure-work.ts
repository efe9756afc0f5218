import type { ServerProcess } from "../support/server-process.js";

/** What a piece of work took, as its client and the server's main thread saw it. */
export interface MeasuredWork<Result> {
  readonly result: Result;
  readonly wallMs: number;
  /** Processor time of the server's main thread. */
  readonly mainThreadMs: number;
}

export async function measureWork<Result>(
  server: ServerProcess,
  work: () => Promise<Result>,
): Promise<MeasuredWork<Result>> {
  const startedAtMs = performance.now();
  const usedMs = server.mainThreadMs();
  const result = await work();
  return {
    result,
    wallMs: performance.now() - startedAtMs,
    mainThreadMs: server.mainThreadMs() - usedMs,
  };
}
