import type { ToolChoice, ToolUse } from "../../src/core/conversation.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { createPrepareTools, prepareInput } from "../../src/prepare/prepare-input.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { LoopHarness } from "../engine/loop-harness.js";
import { user } from "../prepare/conversation.js";
import { runJob } from "../prepare/run-job.js";

const THREADS = 2;

/** An output that must be calls of tools. */
export interface ForcedOutput {
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly text: string;
  readonly reason: string;
  readonly outputTokens: number;
}

/** Lets a model answer a question once for each choice of its tools, one after another, so that the later ones find the tools in the cache. */
export async function forceCalls(
  modelPath: string,
  asked: {
    readonly tools: ToolUse["tools"];
    readonly question: string;
    readonly choices: readonly ToolChoice[];
    readonly contextTokens: number;
    readonly maxOutputTokens: number;
  },
): Promise<readonly ForcedOutput[]> {
  const { tools, question, choices, contextTokens, maxOutputTokens } = asked;
  await using vocabulary = await Vocabulary.load(modelPath);
  const prepare = createPrepareTools(vocabulary, grammarBoundsOf(DEFAULT_LIMITS));
  await using engine = await LlamaEngine.start({
    modelPath,
    sequences: 1,
    contextTokens,
    threads: THREADS,
    maxPrefillTokens: 512,
    savedStateBytes: 0,
    stateDirectory: "auto",
    gpu: false,
  });
  await using harness = new LoopHarness(engine);
  const outputs: ForcedOutput[] = [];
  for (const [index, choice] of choices.entries()) {
    const input = { type: "chat", messages: [user(question)], tools: { tools, choice } } as const;
    const { value } = runJob(prepareInput(prepare, { input, maxInputTokens: contextTokens - maxOutputTokens }));
    if (value.type !== "tokens") throw new Error(`the tools take ${value.inputTokens} tokens`);
    const { tokens, format, grammar } = value;
    const { text, end } = await harness.complete({
      prompt: [...tokens],
      stopping: { maxOutputTokens },
      ...(format && { format: { ...format, maxCalls: 32, maxArgumentBytes: 65_536 } }),
      ...(grammar && { grammar }),
    });
    const calls: { name: string; arguments: string }[] = [];
    for (const { call } of harness.story(index + 1).pieces) {
      if (call?.head !== undefined) calls.push({ name: call.head.name, arguments: "" });
      const last = calls.at(-1);
      if (call !== undefined && last !== undefined) last.arguments += call.arguments;
    }
    const reason = end.outcome.type === "finished" ? end.outcome.reason : end.outcome.type;
    outputs.push({ calls, text, reason, outputTokens: end.tally.outputTokens });
  }
  return outputs;
}
