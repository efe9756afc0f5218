import type { GenerationLoad, LoadSnapshot } from "../../src/core/load-snapshot.js";
import type { GenerationState } from "../../src/core/generation-report.js";

const generation = (generationId: string, state: GenerationState): GenerationLoad => ({
  generationId,
  tenant: "",
  requestId: undefined,
  lane: "interactive",
  state,
  inputTokens: 10,
  decodedTokens: 5,
  deliveredTokens: 4,
  ageMs: 100,
  inStateMs: 50,
});

/** A snapshot in which no two numbers are equal. */
export const LOAD_EXAMPLE: LoadSnapshot = {
  lifecycle: "serving",
  slots: { total: 8, busy: 3 },
  queues: { interactive: { waiting: 2, capacity: 32 }, batch: { waiting: 1, capacity: 31 } },
  parked: 1,
  preempted: 1,
  kvTokens: { used: 1_234, capacity: 32_768 },
  estimatedWait: { lowMs: 250, highMs: 1_500 },
  waitEstimates: {
    verdicts: { shorter: 11, within: 47, longer: 13 },
    errors: [1, 0, 0, 2, 3, 5, 31, 12, 9, 6, 2, 0, 0],
    errorSumMs: 12_500,
  },
  totals: {
    acceptedGenerations: 100,
    refused: new Map([["QUEUE_FULL", 7]]),
    ended: new Map<"end_of_turn" | "SLOW_READER", number>([
      ["end_of_turn", 90],
      ["SLOW_READER", 4],
    ]),
    inputTokens: 5_000,
    reusedInputTokens: 600,
    decodedTokens: 7_000,
    deliveredTokens: 6_900,
    draftTokens: 800,
    acceptedDraftTokens: 610,
    preemptions: 6,
    reprefilledTokens: 70,
  },
  generations: [
    generation("a", "running"),
    generation("b", "running"),
    generation("c", "parked"),
    generation("d", "preempted"),
  ],
};
