import { harmonyFrames } from "./call-syntaxes.js";
import type { ReasoningSyntax } from "../../core/output-format.js";

/** How models of one family mark what they think. */
export interface ReasoningMarks {
  readonly begin: string;
  readonly end: string;
  /** What opens it in a prompt. */
  readonly opening: string;
  /** True: there is no template of this family without it. */
  readonly isAlways: boolean;
  /** What opens the answer itself in a prompt, where that is marked too. */
  readonly answerOpening: string;
  /** Markup around the answer. */
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

/** By markup that stands in the template's source, the most telling first. */
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

/** undefined: nothing in the template says that its model thinks aloud. */
export function reasoningMarks(source: string): ReasoningMarks | undefined {
  return KNOWN.find(([markup]) => source.includes(markup))?.[1];
}

/** Whether a prompt leaves off inside reasoning, right after it, or neither. */
export function reasoningAtEnd(
  prompt: string,
  { begin, end }: Pick<ReasoningSyntax, "begin" | "end">,
): "open" | "closed" | "none" {
  const text = prompt.trimEnd();
  if (text.endsWith(begin.trimEnd())) return "open";
  return text.endsWith(end) ? "closed" : "none";
}
