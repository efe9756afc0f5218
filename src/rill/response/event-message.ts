import type { GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";

/** What happens in a generation, as the contract says it. */
export type GenerationMessage = NonNullable<GenerateStreamResponse["event"]>;
