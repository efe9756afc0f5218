import { constants, getPriority, setPriority } from "node:os";
import type { Logger } from "../telemetry/logger.js";

/**
 * Lets the threads that decode go before the main thread where cores are few. On Linux a priority belongs to a thread, and the process id names the main
 * one; threads that it starts later inherit its priority, so this is called after the workers have started. Elsewhere it would slow the whole process
 * down, so nothing is done.
 */
export function lowerMainThreadPriority(log: Logger): void {
  if (process.platform !== "linux") return;
  try {
    const lower = getPriority(process.pid) + constants.priority.PRIORITY_BELOW_NORMAL;
    setPriority(process.pid, Math.min(lower, constants.priority.PRIORITY_LOW));
  } catch (error) {
    // A sandbox may forbid it. It costs some speed, nothing else.
    log.warn({ err: error }, "the main thread keeps its priority");
  }
}
