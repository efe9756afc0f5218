import {
  BIASES,
  choice,
  COUNT,
  COUNTS,
  DECIMAL,
  DURATION,
  FILE_TEXT,
  LABELS,
  PRESENT,
  text,
  TEXTS,
  TOOL_CHOICE,
  TOOLS,
  WORDS,
  YES,
  YES_OR_NO,
} from "../input/flag-types.js";
import type { JsonObject } from "../../client/contract-json.js";
import type { FlagType, RequestFlag } from "../input/request-flags.js";

type Row = readonly [name: string, type: FlagType, field: string, about: string];

const LANE = choice({ interactive: "LANE_INTERACTIVE", batch: "LANE_BATCH" });
const CONTEXT_POLICY = choice({
  refuse: "CONTEXT_POLICY_REFUSE",
  "drop-oldest-turns": "CONTEXT_POLICY_DROP_OLDEST_TURNS",
});

const CACHE_SCOPE = choice({
  tenant: "CACHE_SCOPE_TENANT",
  private: "CACHE_SCOPE_PRIVATE",
  none: "CACHE_SCOPE_NONE",
});

const FORM_GROUP = "Form of the answer:";

/**
 * The flags for every field of GenerateStreamRequest except the prompt and the messages: name, type, field and help text. Fields that `chat` and
 * `turn` share are listed under the turn.
 */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  "Input:": [
    ["token-ids", COUNTS, "token_ids.ids", "tokens instead of a prompt"],
    ["parse-control-tokens", YES, "parse_control_tokens", "turn control tokens in the prompt into tokens"],
  ],
  "Session:": [
    ["session", text, "turn.session_id", "session whose next message is the prompt"],
    ["continue", YES, "turn.continue_answer", "continue its last, partial answer; takes no prompt"],
    ["expected-revision", COUNT, "turn.expected_revision", "revision that the session must have (any)"],
    ["wait", YES, "turn.wait_if_busy", "wait while another turn of the session runs"],
    ["context-policy", CONTEXT_POLICY, "turn.context_policy", "what to do if it exceeds the context (refuse)"],
  ],
  "Tools and template, for a chat or a session:": [
    ["tools", TOOLS, "turn.tools", "file with a JSON array of tools"],
    ["tool-choice", TOOL_CHOICE, "turn.tool_choice", "whether or which tool is called (auto)"],
    [
      "parallel-tool-calls",
      YES_OR_NO,
      "turn.parallel_tool_calls",
      "allow several calls in an answer (yes, no if one is forced)",
    ],
    ["template-arguments", text, "turn.template_arguments", "JSON object with variables for the chat template"],
  ],
  [FORM_GROUP]: [
    ["schema", FILE_TEXT, "json_schema", "file with a JSON Schema for the answer"],
    ["json-object", PRESENT, "json_object", "make the answer a JSON object"],
    ["choices", WORDS, "choices.values", "make the answer one of these; may be repeated"],
    ["regex", text, "regex", "make the whole answer match this regular expression"],
    ["gbnf", FILE_TEXT, "gbnf", "file with a grammar for the answer, if the server allows it"],
  ],
  "Schemas of the answer and of tools:": [
    ["strict-schema", YES, "strict_schema", "refuse a schema with a keyword that is not held"],
  ],
  "Reasoning:": [
    ["reasoning", YES_OR_NO, "reasoning.enabled", "reason before the answer (as the chat template has it)"],
    ["reasoning-budget", COUNT, "reasoning.token_budget", "the most tokens of reasoning"],
  ],
  "Sampling:": [
    ["temperature", DECIMAL, "sampling.temperature", "0 to 5; 0 is greedy (0.8)"],
    ["top-k", COUNT, "sampling.top_k", "keep this many of the most likely tokens; 0 is off (40)"],
    ["top-p", DECIMAL, "sampling.top_p", "keep the most likely tokens up to this sum; 1 is off (0.95)"],
    ["min-p", DECIMAL, "sampling.min_p", "keep tokens this likely relative to the top; 0 is off (0.05)"],
    ["repeat-penalty", DECIMAL, "sampling.repeat_penalty", "penalise tokens of input and output; 1 is off (1)"],
    ["presence-penalty", DECIMAL, "sampling.presence_penalty", "penalise tokens of the output; 0 is off (0)"],
    ["frequency-penalty", DECIMAL, "sampling.frequency_penalty", "penalise them for each occurrence; 0 is off (0)"],
    ["penalty-window", COUNT, "sampling.penalty_window", "how many tokens the penalties look back (64)"],
    ["dry-multiplier", DECIMAL, "sampling.dry.multiplier", "penalise repeated sequences of tokens; 0 is off"],
    ["dry-base", DECIMAL, "sampling.dry.base", "growth of that penalty with the length of a sequence"],
    ["dry-allowed-length", COUNT, "sampling.dry.allowed_length", "shortest sequence that is penalised, in tokens"],
    ["dry-window", COUNT, "sampling.dry.window", "how many tokens it looks back"],
    [
      "dry-sequence-breaker",
      TEXTS,
      "sampling.dry.sequence_breakers",
      "text that interrupts a sequence; may be repeated",
    ],
    ["xtc-probability", DECIMAL, "sampling.xtc.probability", "probability of removing the most likely tokens"],
    ["xtc-threshold", DECIMAL, "sampling.xtc.threshold", "remove tokens at least this likely, except the last"],
    ["logit-bias", BIASES, "sampling.logit_bias", "add this to the logit of a token; -100 is never; may be repeated"],
    ["seed", COUNT, "sampling.seed", "seed of the random numbers (random)"],
  ],
  "Stopping:": [
    ["max-output-tokens", COUNT, "stopping.max_output_tokens", "the most output tokens (the server's default)"],
    ["stop", TEXTS, "stopping.stop_sequences", "text that ends the output; may be repeated"],
    ["stop-token-id", COUNTS, "stopping.stop_token_ids", "tokens that end the output; may be repeated"],
    ["ignore-end-of-generation", YES, "stopping.ignore_end_of_generation", "continue past the model's own end"],
    [
      "repetition-max-period",
      COUNT,
      "stopping.repetition_guard.max_period_tokens",
      "end repetition of cycles up to this many tokens",
    ],
    ["repetition-min-repeats", COUNT, "stopping.repetition_guard.min_repeats", "how often a cycle must occur"],
    ["repetition-min-tokens", COUNT, "stopping.repetition_guard.min_tokens", "shortest repetition, in tokens"],
    ["time-limit", DURATION, "stopping.time_limit", "longest time; the output so far is then complete"],
  ],
  "Output, visible with --json:": [
    ["output-token-ids", YES, "output.token_ids", "ids of the tokens, with every chunk"],
    ["output-logprobs", COUNT, "output.logprobs", "log-probabilities of each token and of this many top tokens"],
    ["output-token-bytes", YES, "output.token_bytes", "bytes of the tokens, with every chunk"],
    ["output-timings", YES, "output.timings", "the time since the start, with every chunk"],
    ["output-usage", YES, "output.usage", "the token counts so far, with every chunk"],
  ],
  "Scheduling and delivery:": [
    ["lane", LANE, "scheduling.lane", "lane to wait in (interactive; with --unary: batch)"],
    ["priority", COUNT, "scheduling.priority", "place among the own tenant's calls in the lane, 0 to 100 (0)"],
    ["max-wait", DURATION, "scheduling.max_wait", "longest time in the queue (the server's limit)"],
    ["cache", CACHE_SCOPE, "cache", "calls that share cached prompts with it (tenant)"],
    ["heartbeat-interval", DURATION, "delivery.heartbeat_interval", "longest time without an event (none)"],
    [
      "slow-reader-limit",
      DURATION,
      "delivery.slow_reader_limit",
      "longest time without progress of standard output (30s)",
    ],
    ["max-chunk-delay", DURATION, "delivery.max_chunk_delay", "longest time to hold text back to merge it (0)"],
  ],
  "Identity:": [
    ["request-id", text, "request_id", "your id for this generation"],
    ["idempotency-key", text, "idempotency_key", "a repeat with this key gets the same generation"],
    ["expected-model", text, "expected_model", "name or digest of the model that you expect"],
    ["label", LABELS, "labels", "label in the server's log; may be repeated"],
  ],
};

export const GENERATION_FLAGS: readonly RequestFlag[] = Object.entries(ROWS).flatMap(([group, rows]) =>
  rows.map(([name, type, field, about]) => ({ name, type, field, about, group })),
);

/** The flags of the forms that a request asks for. A request may ask for one. */
export function formFlagsOf(request: JsonObject): readonly RequestFlag[] {
  return GENERATION_FLAGS.filter(
    ({ group, field }) => group === FORM_GROUP && (field.split(".")[0] ?? field) in request,
  );
}
