/**
 * Random grammars, schemas, patterns, choices and tool definitions, held to the bounds and compiled natively as the prepare worker does: no crash, no long compile,
 * every refusal names its field, and outputs of patterns' grammars match. Then some of them sent to a server, beside a stream whose gaps hardly grow.
 * Usage: npm run proof:grammars [-- --short] [--inputs N] [--seed N]
 */
import { parseArgs } from "node:util";
import { CompiledGrammars, createNativeCompiler } from "../../src/prepare/grammar/compiled-grammars.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { percentile } from "../support/percentile.js";
import { Random } from "../support/random.js";
import { createTinyModel } from "../support/tiny-model.js";
import { besideAStream } from "./grammars/beside-a-stream.js";
import { fuzzGrammars } from "./grammars/fuzz-grammars.js";
import { announce, type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    inputs: { type: "string" },
    seed: { type: "string", default: "7" },
  },
});
const INPUTS = Number(flags.inputs ?? (flags.short ? 3_000 : 100_000));
const SEED = Number(flags.seed);
const LEAST_COMPILED = 0.1;
const LEAST_SAMPLED = 0.05;
const LONGEST_COMPILE_MS = 2_000;
const MOST_GROWTH_MS = 50;

await using vocabulary = await Vocabulary.load(await createTinyModel());
const compile = createNativeCompiler(vocabulary.model);
const compileMs: number[] = [];
const grammars = new CompiledGrammars((gbnf) => {
  const startMs = performance.now();
  try {
    compile(gbnf);
  } finally {
    compileMs.push(performance.now() - startMs);
  }
});
const outcome = fuzzGrammars({
  grammars,
  random: new Random(SEED),
  inputs: INPUTS,
  onProgress: (done) => announce(`${done} of ${INPUTS} inputs, ${compileMs.length} compiled`),
});
announce("calls beside a stream");
const beside = await besideAStream({ seed: SEED, rounds: flags.short ? 1 : 7 });
const findings: Finding[] = [
  {
    what: `inputs of ${INPUTS} that reached native compilation`,
    figure: String(compileMs.length),
    bound: `at least ${INPUTS * LEAST_COMPILED}`,
    holds: compileMs.length >= INPUTS * LEAST_COMPILED,
  },
  {
    what: "longest native compile, for the model and for its samplers",
    figure: `${percentile(compileMs, 1).toFixed(1)} ms`,
    bound: `at most ${LONGEST_COMPILE_MS} ms`,
    holds: percentile(compileMs, 1) <= LONGEST_COMPILE_MS,
  },
  {
    what: "longest time from input to answer",
    figure: `${percentile(outcome.answerMs, 1).toFixed(1)} ms`,
    bound: `at most ${LONGEST_COMPILE_MS} ms`,
    holds: percentile(outcome.answerMs, 1) <= LONGEST_COMPILE_MS,
  },
  {
    what: "grammars that llama.cpp refused after our own check had passed them",
    figure: String(outcome.refusedNatively.length),
    bound: "0",
    holds: outcome.refusedNatively.length === 0,
  },
  {
    what: "answers that are neither a grammar nor a refusal which names its field",
    figure: String(outcome.strange.length),
    bound: "0",
    holds: outcome.strange.length === 0,
  },
  {
    what: `outputs of patterns' grammars that RegExp does not match, of ${outcome.sampled}`,
    figure: String(outcome.unmatched.length),
    bound: "0",
    holds: outcome.unmatched.length === 0 && outcome.sampled > INPUTS * LEAST_SAMPLED,
  },
  {
    what: `growth of a stream's worst gap beside such calls (${beside.calls}, of which ${beside.held} were held to their shape), against the same calls without`,
    figure: `median ${percentile(beside.growthMs, 0.5).toFixed(1)} ms, most ${percentile(beside.growthMs, 1).toFixed(1)} ms`,
    bound: `median at most ${MOST_GROWTH_MS} ms`,
    holds: percentile(beside.growthMs, 0.5) <= MOST_GROWTH_MS,
    timed: true,
  },
  {
    what: "calls answered with neither OK nor INVALID_ARGUMENT",
    figure: String(beside.strange.length),
    bound: "0",
    holds: beside.strange.length === 0,
  },
];
publish({
  name: "grammars",
  command: `npm run proof:grammars${flags.short ? " -- --short" : ""}`,
  seed: SEED,
  short: flags.short,
  findings,
  figures: {
    byKind: outcome.byKind,
    compileMs: { median: percentile(compileMs, 0.5), p99: percentile(compileMs, 0.99) },
    answerMs: { median: percentile(outcome.answerMs, 0.5), p99: percentile(outcome.answerMs, 0.99) },
    slowest: outcome.slowest,
    growthMs: beside.growthMs,
    strange: [...outcome.strange, ...beside.strange].slice(0, 20),
    refusedNatively: outcome.refusedNatively.slice(0, 20),
    unmatched: outcome.unmatched.slice(0, 20),
  },
});
