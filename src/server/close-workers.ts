import { kill, pid } from "node:process";
import type { Clock } from "../sync/clock.js";
import { RunningClock } from "../sync/running-clock.js";
import { flushStream } from "../telemetry/flush-stream.js";
import type { Logger } from "../telemetry/logger.js";
import { startPause } from "../sync/start-pause.js";

export interface CloseWorkersOptions {
  readonly limitMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Waits until the workers are closed. One that hangs in native code never is, and then neither `process.exit` nor running out of work would end the
 * process, for both wait for its thread: so after the limit the process kills itself, once the log is out.
 */
export async function closeWorkers(workers: readonly AsyncDisposable[], options: CloseWorkersOptions): Promise<void> {
  const { limitMs, clock, log } = options;
  using limit = startPause(new RunningClock(clock), limitMs);
  const closed = Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]())).then(() => true);
  if (await Promise.race([closed, limit.over.then(() => false)])) return;
  log.error({ limitMs }, "a worker hangs in native code: the process kills itself");
  await flushStream(process.stdout);
  kill(pid, "SIGKILL");
}
