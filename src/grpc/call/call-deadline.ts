import type { Deadline } from "@grpc/grpc-js";
import type { Clock } from "../../sync/clock.js";

/** When a call's deadline passes, by the clock and not by the wall's time of day; undefined: it has none. */
export function callDeadlineMs(call: { getDeadline(): Deadline }, clock: Clock): number | undefined {
  const atMs = Number(call.getDeadline());
  return Number.isFinite(atMs) ? clock.nowMs() + Math.max(0, atMs - Date.now()) : undefined;
}
