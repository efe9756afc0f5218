import { status as Status, type ServiceError } from "@grpc/grpc-js";
import type { RequestedConstraint } from "../../../src/core/generation-request.js";
import { defaultModelPath } from "../../support/default-model.js";
import { Random } from "../../support/random.js";
import { RuntimeClient, type StreamMessage } from "../../support/runtime-client.js";
import { ServerProcess } from "../../support/server-process.js";
import { type FuzzInput, randomInput } from "./random-input.js";

const METHOD = "rill.v1.GenerationService/Generate";
const STREAM_TOKENS = 400;
const CALL_TOKENS = 4;
/** Answers that are right: done, or a clear refusal of the input. */
const RIGHT: readonly Status[] = [Status.OK, Status.INVALID_ARGUMENT];

export interface BesideFindings {
  /** A stream's worst gap beside calls with random shapes, less that beside the same calls without: one for each round. */
  readonly growthMs: readonly number[];
  /** Calls with random shapes that were sent. */
  readonly calls: number;
  /** Those that were held to their shape. */
  readonly held: number;
  readonly strange: readonly string[];
}

/** Sends random grammars, schemas, choices and tools to a server, one after another, beside a stream whose gaps are watched. */
export async function besideAStream({ seed, rounds }: { seed: number; rounds: number }): Promise<BesideFindings> {
  await using server = await ServerProcess.start({
    flags: [
      ...["--model", await defaultModelPath(), "--slots", "2", "--context-tokens", "2048"],
      ...["--max-gbnf-size", "64KiB", "--speculation", "off"],
    ],
  });
  using client = new RuntimeClient(server.address);
  const strange: string[] = [];
  let calls = 0;
  let held = 0;
  const growthMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const plainRandom = new Random(seed + round);
    const besidePlainMs = await worstGapMs(client, async () => {
      await answer(client, requestOf(randomInput(plainRandom), { prefix: `p${round}`, isShaped: false }));
    });
    const shapedRandom = new Random(seed + round);
    const besideShapedMs = await worstGapMs(client, async () => {
      const input = randomInput(shapedRandom);
      const code = await answer(client, requestOf(input, { prefix: `s${round}`, isShaped: true }));
      calls += 1;
      if (code === Status.OK) held += 1;
      if (!RIGHT.includes(code)) strange.push(`${Status[code]}: ${JSON.stringify(input).slice(0, 1_000)}`);
    });
    growthMs.push(besideShapedMs - besidePlainMs);
  }
  return { growthMs, calls, held, strange };
}

/** The longest time without a chunk in one stream, while calls are made one after another. */
async function worstGapMs(client: RuntimeClient, call: () => Promise<void>): Promise<number> {
  const stream = client.generateStream({
    prompt: "The longest river of the world",
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: STREAM_TOKENS, ignore_end_of_generation: true },
  });
  const state = { runs: true };
  let calling: Promise<void> | undefined;
  let worstMs = 0;
  let lastMs: number | undefined;
  for await (const { event } of stream as AsyncIterable<StreamMessage>) {
    if (event !== "chunk") continue;
    const nowMs = performance.now();
    if (lastMs !== undefined) worstMs = Math.max(worstMs, nowMs - lastMs);
    lastMs = nowMs;
    calling ??= (async () => {
      while (state.runs) await call();
    })();
  }
  state.runs = false;
  await calling;
  return worstMs;
}

async function answer(client: RuntimeClient, request: object): Promise<Status> {
  try {
    await client.unary(METHOD, { ...request, stopping: { max_output_tokens: CALL_TOKENS } });
    return Status.OK;
  } catch (error) {
    return (error as ServiceError).code;
  }
}

/** @param options.prefix of the tools' names: what one pass has read in must not help the other */
function requestOf(input: FuzzInput, { prefix, isShaped }: { prefix: string; isShaped: boolean }): object {
  if (input.kind === "tools") {
    const { tools, choice, parallel } = input.tools;
    const nameOf = (name: string): string => `${prefix}${name}`.slice(0, 64);
    const forced = choice.type === "named" ? { tool: nameOf(choice.name) } : { mode: "TOOL_CHOICE_MODE_REQUIRED" };
    return {
      chat: {
        messages: [{ role: "ROLE_USER", content: "A garden?" }],
        tools: tools.map((tool) => ({ ...tool, name: nameOf(tool.name) })),
        parallel_tool_calls: parallel,
        ...(isShaped ? { tool_choice: forced } : {}),
      },
    };
  }
  return { prompt: "A garden:", ...(isShaped ? shapeOf(input.constraint) : {}) };
}

function shapeOf(constraint: RequestedConstraint): object {
  switch (constraint.type) {
    case "json_schema":
      return { json_schema: constraint.schema };
    case "json_object":
      return { json_object: {} };
    case "choices":
      return { choices: { values: constraint.choices } };
    case "gbnf":
      return { gbnf: constraint.grammar };
    case "regex":
      return { regex: constraint.pattern };
  }
}
