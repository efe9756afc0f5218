import {
  biases,
  choice,
  count,
  counts,
  decimal,
  duration,
  fileText,
  labels,
  present,
  text,
  texts,
  toolChoice,
  tools,
  words,
  yes,
  yesOrNo,
} from "../input/flag-types.js";
import type { FlagType, RequestFlag } from "../input/request-flag.js";

type Row = readonly [name: string, type: FlagType, field: string, about: string];

const lane = choice({ interactive: "LANE_INTERACTIVE", batch: "LANE_BATCH" });
const contextPolicy = choice({
  refuse: "CONTEXT_POLICY_REFUSE",
  "drop-oldest-turns": "CONTEXT_POLICY_DROP_OLDEST_TURNS",
});

/**
 * Every field of GenerateStreamRequest that is not a prompt or messages: flag, type, field and what the help says, one line each. What `chat` has like
 * `turn` stands with the turn.
 */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  "Input:": [
    ["token-ids", counts, "token_ids.ids", "tokens in place of a prompt"],
    ["parse-control-tokens", yes, "parse_control_tokens", "read control tokens that the prompt spells"],
  ],
  "Session:": [
    ["session", text, "turn.session_id", "the prompt is the next message of this session"],
    ["continue", yes, "turn.continue_answer", "go on inside its last, partial answer; without a prompt"],
    ["expected-revision", count, "turn.expected_revision", "revision that it must have (any)"],
    ["wait", yes, "turn.wait_if_busy", "wait while another turn of it runs"],
    ["context-policy", contextPolicy, "turn.context_policy", "what if it is longer than the context (refuse)"],
  ],
  "Tools and template, of a chat or a turn of a session:": [
    ["tools", tools, "turn.tools", "file with a JSON array of tools that may be called"],
    ["tool-choice", toolChoice, "turn.tool_choice", "whether they are (auto)"],
    ["parallel-tool-calls", yesOrNo, "turn.parallel_tool_calls", "more than one call in an answer (yes)"],
    ["template-arguments", text, "turn.template_arguments", "JSON object with variables for the model's template"],
  ],
  "Shape of the answer:": [
    ["schema", fileText, "json_schema", "file with a JSON schema that the answer has to follow"],
    ["json-object", present, "json_object", "the answer has to be a JSON object"],
    ["choices", words, "choices.values", "the answer has to be one of these; may be repeated"],
    ["gbnf", fileText, "gbnf", "file with a grammar for the answer, where the server takes one"],
  ],
  "Reasoning:": [
    ["reasoning", yesOrNo, "reasoning.enabled", "have the model think aloud first (as its template has it)"],
    ["reasoning-budget", count, "reasoning.token_budget", "the most tokens for that"],
  ],
  "Sampling:": [
    ["temperature", decimal, "sampling.temperature", "0 to 5; 0 is greedy (0.8)"],
    ["top-k", count, "sampling.top_k", "only so many most likely tokens stay; 0 is off (40)"],
    ["top-p", decimal, "sampling.top_p", "only the most likely tokens that add up to this stay; 1 is off (0.95)"],
    ["min-p", decimal, "sampling.min_p", "only tokens this probable beside the likeliest stay; 0 is off (0.05)"],
    ["repeat-penalty", decimal, "sampling.repeat_penalty", "against tokens of input and output; 1 is off (1)"],
    ["presence-penalty", decimal, "sampling.presence_penalty", "against tokens of the output; 0 is off (0)"],
    ["frequency-penalty", decimal, "sampling.frequency_penalty", "… for each time they came; 0 is off (0)"],
    ["penalty-window", count, "sampling.penalty_window", "tokens that the penalties look back at (64)"],
    ["dry-multiplier", decimal, "sampling.dry.multiplier", "against repeated sequences of tokens; 0 is off"],
    ["dry-base", decimal, "sampling.dry.base", "how fast that grows with a sequence's length"],
    ["dry-allowed-length", count, "sampling.dry.allowed_length", "sequences up to this long are let be"],
    ["dry-window", count, "sampling.dry.window", "tokens that it looks back at"],
    ["dry-sequence-breaker", texts, "sampling.dry.sequence_breakers", "text that ends a sequence; may be repeated"],
    ["xtc-probability", decimal, "sampling.xtc.probability", "how often the likeliest tokens are left out"],
    ["xtc-threshold", decimal, "sampling.xtc.threshold", "only tokens this probable, all but the last of them"],
    ["logit-bias", biases, "sampling.logit_bias", "added to a token's logit; -100 is never; may be repeated"],
    ["seed", count, "sampling.seed", "where the random numbers start (drawn)"],
  ],
  "Stopping:": [
    ["max-output-tokens", count, "stopping.max_output_tokens", "the most output tokens (the server's default)"],
    ["stop", texts, "stopping.stop_sequences", "text that ends the output; may be repeated"],
    ["stop-token-id", counts, "stopping.stop_token_ids", "tokens that end the output; may be repeated"],
    ["ignore-end-of-generation", yes, "stopping.ignore_end_of_generation", "go on past the model's own end"],
    [
      "repetition-max-period",
      count,
      "stopping.repetition_guard.max_period_tokens",
      "end circles up to so many tokens long",
    ],
    ["repetition-min-repeats", count, "stopping.repetition_guard.min_repeats", "… that came so many times"],
    ["repetition-min-tokens", count, "stopping.repetition_guard.min_tokens", "… and take up so many tokens"],
    ["time-limit", duration, "stopping.time_limit", "the most time; what was made by then is the answer"],
  ],
  "Output, to be seen with --json:": [
    ["output-token-ids", yes, "output.token_ids", "ids of the tokens, with every chunk"],
    ["output-logprobs", count, "output.logprobs", "scores of each token and of so many likeliest"],
    ["output-token-bytes", yes, "output.token_bytes", "bytes of the tokens, with every chunk"],
    ["output-timings", yes, "output.timings", "the time since the call, with every chunk"],
    ["output-usage", yes, "output.usage", "the counts so far, with every chunk"],
  ],
  "Scheduling and delivery:": [
    ["lane", lane, "scheduling.lane", "line to wait in (interactive; with --unary: batch)"],
    ["max-wait", duration, "scheduling.max_wait", "the longest wait in the queue (the server's bounds)"],
    ["heartbeat-interval", duration, "delivery.heartbeat_interval", "an event at least this often (none)"],
    ["slow-reader-limit", duration, "delivery.slow_reader_limit", "how long standard output may stand still (30s)"],
    ["max-chunk-delay", duration, "delivery.max_chunk_delay", "how long text may wait for more text (0)"],
  ],
  "Identity:": [
    ["request-id", text, "request_id", "your name for this call"],
    ["idempotency-key", text, "idempotency_key", "a repeat with this key gets the same generation"],
    ["expected-model", text, "expected_model", "name or digest that the model must have"],
    ["label", labels, "labels", "your own words for the server's log; may be repeated"],
  ],
};

export const GENERATION_FLAGS: readonly RequestFlag[] = Object.entries(ROWS).flatMap(([group, rows]) =>
  rows.map(([name, type, field, about]) => ({ name, type, field, about, group })),
);
