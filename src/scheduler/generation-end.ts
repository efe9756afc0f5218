import type { GenerationEnd } from "../core/generation-report.js";
import type { Phase } from "./generation-phase.js";

/** How a generation in this phase ended; undefined while anything of it is held. */
export function endOf(phase: Phase): GenerationEnd | undefined {
  if (phase.type === "finished") return { type: "finished", reason: phase.finish.reason };
  if (phase.type === "failed") return { type: "failed", code: phase.error.code, message: phase.error.message };
  return undefined;
}
