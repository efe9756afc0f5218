import { harmonyFrames } from "./call-syntaxes.js";
import type { ReasoningSyntax } from "../../core/output-format.js";

/** The reasoning markup of one family of models. */
export interface ReasoningMarks {
  readonly begin: string;
  readonly end: string;
  /** The text that opens the reasoning in a prompt. */
  readonly opening: string;
  /** Whether every model of the family reasons. */
  readonly isAlways: boolean;
  /** The text that opens the answer in a prompt, if the family marks answers too. */
  readonly answerOpening: string;
  /** The markup around the answer. */
  readonly frames: readonly string[];
}

const marks = (begin: string, end: string, more: Partial<ReasoningMarks> = {}): ReasoningMarks => ({
  begin,
  end,
  opening: begin,
  isAlways: false,
  answerOpening: "",
  frames: [],
  ...more,
});

/** The markup in a template's source that identifies each family, from the most specific on. */
const KNOWN: readonly (readonly [string, ReasoningMarks])[] = [
  [
    "<|channel|>analysis",
    marks("<|channel|>analysis<|message|>", "<|end|>", {
      isAlways: true,
      answerOpening: "<|channel|>final<|message|>",
      frames: harmonyFrames,
    }),
  ],
  [
    "<|START_THINKING|>",
    marks("<|START_THINKING|>", "<|END_THINKING|>", {
      answerOpening: "<|START_RESPONSE|>",
      frames: ["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
    }),
  ],
  ["<|inner_prefix|>", marks("<|inner_prefix|>", "<|inner_suffix|>")],
  ["<|channel>thought", marks("<|channel>thought\n", "<channel|>")],
  ["[THINK]", marks("[THINK]", "[/THINK]")],
  ["<seed:think>", marks("<seed:think>", "</seed:think>")],
  [
    "<think></think> and write your response between <response>",
    marks("<think>", "</think>", { frames: ["<response>", "</response>"] }),
  ],
  ["</think>", marks("<think>", "</think>", { opening: "<think>\n" })],
];

/** The reasoning markup that the template contains, if any. */
export function reasoningMarks(source: string): ReasoningMarks | undefined {
  return KNOWN.find(([markup]) => source.includes(markup))?.[1];
}

/** Whether a prompt ends inside the reasoning, directly after it, or neither. */
export function reasoningAtEnd(
  prompt: string,
  { begin, end }: Pick<ReasoningSyntax, "begin" | "end">,
): "open" | "closed" | "none" {
  const text = prompt.trimEnd();
  if (text.endsWith(begin.trimEnd())) return "open";
  return text.endsWith(end) ? "closed" : "none";
}
