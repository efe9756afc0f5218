/**
 * Where one generation is. preparing → waiting → prefilling → running ⇄ parked → ended; any → ended.
 * A generation that finds a free slot goes from preparing straight to prefilling.
 */
export type GenerationState = "preparing" | "waiting" | "prefilling" | "running" | "parked" | "ended";
