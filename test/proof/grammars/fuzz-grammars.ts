import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import type { CompiledGrammars } from "../../../src/prepare/grammar/compiled-grammars.js";
import { grammarFor } from "../../prepare/grammar/compile-now.js";
import { readGbnf } from "../../../src/prepare/grammar/gbnf/read-gbnf.js";
import type { UnheldKeyword } from "../../../src/core/output-format.js";
import type { RequestedConstraint } from "../../../src/core/generation-request.js";
import { InputRefusal } from "../../../src/core/generation-error.js";
import { Sentences } from "../../prepare/grammar/sentences.js";
import type { Random } from "../../support/random.js";
import { type FuzzInput, randomInput } from "./random-input.js";

const FIELDS = /^(?:json_schema|gbnf|regex|choices(?:\[\d+\])?|chat\.tools(?:\[\d+\]\.parameters)?)$/;
const SAMPLES = 3;
/** Characters of a sampled output that RegExp is asked about. */
const LONGEST_SAMPLE = 24;
const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, calls: 16 };

export interface FuzzOutcome {
  readonly byKind: Readonly<Record<string, { made: number; refused: number }>>;
  readonly answerMs: readonly number[];
  /** The inputs that took longest, the longest last. */
  readonly slowest: readonly { readonly ms: number; readonly input: string }[];
  readonly refusedNatively: readonly string[];
  readonly strange: readonly string[];
  /** The outputs of grammars of patterns that RegExp was asked about, and those that it does not match. */
  readonly sampled: number;
  readonly unmatched: readonly string[];
}

/** Asks for a grammar again and again, and notes how it is answered. Whoever wants to see what that does to others runs it beside them. */
export function fuzzGrammars(options: {
  grammars: CompiledGrammars;
  random: Random;
  inputs: number;
  onProgress: (done: number) => void;
}): FuzzOutcome {
  const byKind: Record<string, { made: number; refused: number }> = {};
  const answerMs: number[] = [];
  const refusedNatively: string[] = [];
  const strange: string[] = [];
  const unmatched: string[] = [];
  let sampled = 0;
  let slowest: { ms: number; input: string }[] = [];
  for (let done = 0; done < options.inputs; done += 1) {
    const input = randomInput(options.random);
    const counts = (byKind[input.kind] ??= { made: 0, refused: 0 });
    const startMs = performance.now();
    const { gbnf, notHeld, problem } = tryGrammar(options.grammars, input);
    const ms = performance.now() - startMs;
    answerMs.push(ms);
    if (ms > (slowest.at(-5)?.ms ?? 0)) {
      slowest = [...slowest, { ms, input: JSON.stringify(input).slice(0, 2_000) }]
        .sort((a, b) => a.ms - b.ms)
        .slice(-5);
    }
    if (problem === undefined) counts.made += 1;
    else counts.refused += 1;
    if (problem?.type === "native") refusedNatively.push(`${problem.text}: ${JSON.stringify(input).slice(0, 2_000)}`);
    if (problem?.type === "strange") strange.push(`${problem.text}: ${JSON.stringify(input).slice(0, 2_000)}`);
    if (gbnf !== undefined && notHeld?.length === 0 && input.kind === "pattern" && input.checked !== undefined) {
      const outputs = sample(gbnf, input.constraint, options.random);
      const expression = new RegExp(input.checked, "u");
      sampled += outputs.length;
      unmatched.push(
        ...outputs
          .filter((output) => !expression.test(output))
          .map((output) => `${JSON.stringify(output)} against ${input.checked ?? ""}`),
      );
    }
    if ((done + 1) % 10_000 === 0) options.onProgress(done + 1);
  }
  return { byKind, answerMs, slowest, refusedNatively, strange, sampled, unmatched };
}

/** Short outputs of a grammar. RegExp might take very long over long ones. */
function sample(gbnf: string, constraint: RequestedConstraint, random: Random): string[] {
  const sentences = new Sentences(readGbnf(gbnf, { ...bounds, bytes: Infinity }), random);
  return Array.from({ length: SAMPLES }, () => sentences.next())
    .map((sentence) => (constraint.type === "json_schema" ? (JSON.parse(sentence) as string) : sentence))
    .filter((output) => output.length <= LONGEST_SAMPLE);
}

interface Answer {
  readonly gbnf?: string;
  readonly notHeld?: readonly UnheldKeyword[];
  readonly problem?: { readonly type: "refused" | "native" | "strange"; readonly text: string };
}

function tryGrammar(grammars: CompiledGrammars, input: FuzzInput): Answer {
  const nothing = { constraint: undefined, tools: undefined, format: undefined, bounds };
  try {
    const { grammar, notHeld } = grammarFor(grammars.of(""), {
      ...nothing,
      ...(input.kind === "tools" ? input : { constraint: input.constraint }),
    });
    return grammar === undefined
      ? { problem: { type: "strange", text: "nothing was made" } }
      : { gbnf: grammar.gbnf, notHeld };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): NonNullable<Answer["problem"]> {
  if (!(error instanceof InputRefusal)) {
    return { type: "strange", text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { field, description } = error.violation;
  if (description.includes("is rejected by llama.cpp")) return { type: "native", text: description };
  return { type: FIELDS.test(field) && description !== "" ? "refused" : "strange", text: `${field}: ${description}` };
}
