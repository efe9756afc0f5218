/**
 * What the whole server is doing. Health and readiness follow this state and nothing else.
 * starting → serving → draining → stopped; starting → draining, where a signal comes that early; any of the first three → failed.
 */
export type Lifecycle = "starting" | "serving" | "draining" | "stopped" | "failed";
