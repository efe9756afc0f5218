import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import type { CompiledGrammars } from "../../../src/prepare/grammar/compiled-grammars.js";
import { grammarFor } from "../../../src/prepare/grammar/grammar-for.js";
import { InputRefusal } from "../../../src/core/generation-error.js";
import type { Random } from "../../support/random.js";
import { type FuzzInput, randomInput } from "./random-input.js";

const FIELDS = /^(?:json_schema|gbnf|choices(?:\[\d+\])?|chat\.tools(?:\[\d+\]\.parameters)?)$/;
const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, calls: 16 };

export interface FuzzOutcome {
  readonly byKind: Readonly<Record<string, { made: number; refused: number }>>;
  readonly answerMs: readonly number[];
  /** The inputs that took longest, the longest last. */
  readonly slowest: readonly { readonly ms: number; readonly input: string }[];
  readonly refusedNatively: readonly string[];
  readonly strange: readonly string[];
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
  let slowest: { ms: number; input: string }[] = [];
  for (let done = 0; done < options.inputs; done += 1) {
    const input = randomInput(options.random);
    const counts = (byKind[input.kind] ??= { made: 0, refused: 0 });
    const startMs = performance.now();
    const problem = tryGrammar(options.grammars, input);
    const ms = performance.now() - startMs;
    answerMs.push(ms);
    if (ms > (slowest.at(-5)?.ms ?? 0)) {
      slowest = [...slowest, { ms, input: JSON.stringify(input).slice(0, 400) }].sort((a, b) => a.ms - b.ms).slice(-5);
    }
    if (problem === undefined) counts.made += 1;
    else counts.refused += 1;
    if (problem?.type === "native") refusedNatively.push(`${problem.text}: ${JSON.stringify(input).slice(0, 2_000)}`);
    if (problem?.type === "strange") strange.push(`${problem.text}: ${JSON.stringify(input).slice(0, 2_000)}`);
    if ((done + 1) % 10_000 === 0) options.onProgress(done + 1);
  }
  return { byKind, answerMs, slowest, refusedNatively, strange };
}

type Problem = { readonly type: "refused" | "native" | "strange"; readonly text: string } | undefined;

function tryGrammar(grammars: CompiledGrammars, input: FuzzInput): Problem {
  const nothing = { constraint: undefined, tools: undefined, format: undefined, bounds };
  try {
    const grammar = grammarFor(grammars, {
      ...nothing,
      ...(input.kind === "tools" ? input : { constraint: input.constraint }),
    });
    return grammar === undefined ? { type: "strange", text: "nothing was made" } : undefined;
  } catch (error) {
    if (!(error instanceof InputRefusal)) {
      return { type: "strange", text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    const { field, description } = error.violation;
    if (description.startsWith("is not a grammar to llama.cpp")) return { type: "native", text: description };
    return { type: FIELDS.test(field) && description !== "" ? "refused" : "strange", text: `${field}: ${description}` };
  }
}
