import { readFileSync, readlinkSync } from "node:fs";

/**
 * Names a process for as long as the machine runs, so that what it left behind can be told from what another still uses: its namespace of process
 * ids, its id there and when it began. Elsewhere than on Linux the id alone.
 */
export function processMark(processId: number): string | undefined {
  if (process.platform !== "linux") return isAlive(processId) ? `0-${processId}-0` : undefined;
  try {
    const [namespace = "0"] = /\d+/.exec(readlinkSync("/proc/self/ns/pid")) ?? [];
    // The command's name, in parentheses, may hold spaces; the start time is the 22nd field of the line, the 20th after it.
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
    return `${namespace}-${processId}-${startTime}`;
  } catch {
    return undefined;
  }
}

/** Whether the process that a mark names has ended. A mark of another namespace of process ids says nothing here. */
export function hasEnded(mark: string): boolean {
  const [namespace, processId] = mark.split("-");
  const [ownNamespace] = (processMark(process.pid) ?? "").split("-");
  if (namespace !== ownNamespace) return false;
  return processMark(Number(processId)) !== mark;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
