import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Lowers the priority of the calling thread below that of the process's other threads. Threads that the caller starts later inherit it. Only Linux gives
 * each thread its own priority. Everything works without this, so a failure changes nothing.
 * @returns whether the priority is lower now
 */
export function tryLowerThreadPriority(niceness: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    // The link's target is `PID/task/TID`, and Linux takes a thread's id where it takes a process's.
    const threadId = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(threadId, niceness);
    return true;
  } catch {
    return false;
  }
}
