import { freemem } from "node:os";

/** Memory that this process may still take, a container's limit included. */
export function availableMemoryBytes(): number {
  return Math.min(freemem(), process.availableMemory());
}
