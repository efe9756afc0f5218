/**
 * Where one generation is. preparing → waiting → prefilling → running ⇄ parked → ended; any → ended.
 * parked → preempted when others wait: without a slot until its reader has caught up and one falls free; then prefilling again.
 * A generation that finds a free slot goes from preparing straight to prefilling.
 */
export type GenerationState = "preparing" | "waiting" | "prefilling" | "running" | "parked" | "preempted" | "ended";
