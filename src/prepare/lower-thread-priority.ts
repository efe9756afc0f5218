import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Makes the calling thread give way to the others of the process. Linux gives each thread its own priority; elsewhere, and where the system does not
 * allow it, nothing is done: it is a courtesy, and everything works without it. Threads that the caller starts later inherit the priority.
 * @returns whether it was done
 */
export function tryLowerThreadPriority(niceness: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    // The link reads `PID/task/TID`, and to Linux a thread's id is as good as a process's.
    const threadId = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(threadId, niceness);
    return true;
  } catch {
    return false;
  }
}
