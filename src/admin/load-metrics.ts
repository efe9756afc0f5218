import { FINISH_REASONS } from "../core/run-end.js";
import { ERROR_CODES } from "../core/generation-error.js";
import type { GenerationState } from "../core/generation-report.js";
import { LANES } from "../core/generation-request.js";
import { type LoadSnapshot, WAIT_ERROR_BOUNDS_MS, WAIT_VERDICTS } from "../core/load-snapshot.js";
import { sampleEach, type ServerMetric } from "./server-view.js";

const LIVE_STATES: readonly GenerationState[] = [
  "preparing",
  "waiting",
  "prefilling",
  "running",
  "parked",
  "preempted",
];
const OUTCOMES = [...FINISH_REASONS, ...ERROR_CODES];

interface LoadValue {
  readonly name: string;
  readonly help: string;
  readonly read: (load: LoadSnapshot) => number;
}

interface LoadValues<T extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly members: readonly T[];
  readonly read: (load: LoadSnapshot, member: T) => number;
}

/** A metric that reads one value of the snapshot. It is 0 until the engine is ready. */
function one(kind: "gauge" | "counter", { name, help, read }: LoadValue): ServerMetric {
  return { kind, name, help, read: ({ load }) => (load === undefined ? 0 : read(load)) };
}

/** A metric with one sample per member of a closed set. All samples are 0 until the engine is ready. */
function each<T extends string>(kind: "gauge" | "counter", values: LoadValues<T>): ServerMetric {
  const { name, help, label, members, read } = values;
  return {
    kind,
    name,
    help,
    labelNames: [label],
    readAll: ({ load }) => sampleEach(label, members, (member) => (load === undefined ? 0 : read(load, member))),
  };
}

/** The metrics of the scheduler. They read the same snapshot as GetLoad, so both agree at any moment. */
export const LOAD_METRICS: readonly ServerMetric[] = [
  one("gauge", {
    name: "rill_slots",
    help: "Generations that can decode concurrently.",
    read: (load) => load.slots.total,
  }),
  one("gauge", { name: "rill_slots_busy", help: "Slots in use.", read: (load) => load.slots.busy }),
  each("gauge", {
    name: "rill_queue_waiting",
    help: "Generations in the queue for a slot.",
    label: "lane",
    members: LANES,
    read: (load, lane) => load.queues[lane].waiting,
  }),
  each("gauge", {
    name: "rill_queue_capacity",
    help: "Largest number of generations in the queue.",
    label: "lane",
    members: LANES,
    read: (load, lane) => load.queues[lane].capacity,
  }),
  each("gauge", {
    name: "rill_generations",
    help: "Generations that have not ended, by state.",
    label: "state",
    members: LIVE_STATES,
    read: (load, state) => load.generations.filter((generation) => generation.state === state).length,
  }),
  one("gauge", {
    name: "rill_kv_tokens_used",
    help: "Tokens in the key-value cache.",
    read: (load) => load.kvTokens.used,
  }),
  one("gauge", {
    name: "rill_kv_tokens_capacity",
    help: "Tokens that the key-value cache can hold.",
    read: (load) => load.kvTokens.capacity,
  }),
  one("gauge", {
    name: "rill_estimated_wait_low_seconds",
    help: "Lower estimate of the wait of a call that arrives now.",
    read: (load) => load.estimatedWait.lowMs / 1_000,
  }),
  one("gauge", {
    name: "rill_estimated_wait_high_seconds",
    help: "Upper estimate of the wait of a call that arrives now.",
    read: (load) => load.estimatedWait.highMs / 1_000,
  }),
  each("counter", {
    name: "rill_waits_estimated_total",
    help: "Waits that ended with a slot, by how they compare with the estimate made when the generation was queued.",
    label: "outcome",
    members: WAIT_VERDICTS,
    read: (load, verdict) => load.waitEstimates.verdicts[verdict],
  }),
  {
    kind: "histogram",
    name: "rill_wait_estimate_error_seconds",
    help: "Waits that ended with a slot, minus the midpoint of the estimate made when the generation was queued.",
    readDistribution: ({ load }) => ({
      bounds: WAIT_ERROR_BOUNDS_MS.map((ms) => ms / 1_000),
      counts: load?.waitEstimates.errors ?? [],
      sum: (load?.waitEstimates.errorSumMs ?? 0) / 1_000,
    }),
  },
  one("counter", {
    name: "rill_generations_accepted_total",
    help: "Generations that got a slot or were queued.",
    read: (load) => load.totals.acceptedGenerations,
  }),
  each("counter", {
    name: "rill_generations_refused_total",
    help: "Generations refused before they were accepted, by reason.",
    label: "reason",
    members: ERROR_CODES,
    read: (load, code) => load.totals.refused.get(code) ?? 0,
  }),
  each("counter", {
    name: "rill_generations_ended_total",
    help: "Accepted generations that ended, by finish reason or error code.",
    label: "outcome",
    members: OUTCOMES,
    read: (load, outcome) => load.totals.ended.get(outcome) ?? 0,
  }),
  one("counter", {
    name: "rill_input_tokens_total",
    help: "Input tokens of accepted generations, reused ones included.",
    read: (load) => load.totals.inputTokens,
  }),
  one("counter", {
    name: "rill_reused_input_tokens_total",
    help: "Input tokens that the key-value cache held already.",
    read: (load) => load.totals.reusedInputTokens,
  }),
  one("counter", {
    name: "rill_preemptions_total",
    help: "Generations that gave their slot to a waiting one because their reader was behind.",
    read: (load) => load.totals.preemptions,
  }),
  one("counter", {
    name: "rill_reprefilled_tokens_total",
    help: "Tokens prefilled again by generations that resumed after a preemption.",
    read: (load) => load.totals.reprefilledTokens,
  }),
  one("counter", {
    name: "rill_draft_tokens_total",
    help: "Draft tokens that speculative decoding copied from earlier text.",
    read: (load) => load.totals.draftTokens,
  }),
  one("counter", {
    name: "rill_accepted_draft_tokens_total",
    help: "Draft tokens that the model accepted.",
    read: (load) => load.totals.acceptedDraftTokens,
  }),
  one("counter", {
    name: "rill_decoded_tokens_total",
    help: "Output tokens decoded.",
    read: (load) => load.totals.decodedTokens,
  }),
  one("counter", {
    name: "rill_delivered_tokens_total",
    help: "Output tokens whose messages the readers' flow-control windows have accepted.",
    read: (load) => load.totals.deliveredTokens,
  }),
];
