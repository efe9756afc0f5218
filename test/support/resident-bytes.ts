import { readFileSync } from "node:fs";

/** Resident memory of a process, in bytes. Linux only. */
export function residentBytes(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
