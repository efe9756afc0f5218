/**
 * Random schemas and choices on the real model: every call that is forced, and every answer that is held to a shape, is what a JSON Schema validator
 * accepts. Usage: npm run proof:constraints [-- --short] [--seed N]
 */
import { parseArgs } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { defaultModelPath } from "../support/default-model.js";
import { Random } from "../support/random.js";
import { RuntimeClient } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { randomChoices, randomObjectSchema, type Schema } from "./random-schema.js";
import { announce, type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({
  options: { short: { type: "boolean", default: false }, seed: { type: "string", default: "1" } },
});
const SCHEMAS = flags.short ? 12 : 200;
const SLOTS = 8;
const MOST_TOKENS = 1_000;
const random = new Random(Number(flags.seed));
const ajv = new Ajv2020({ strict: false, allErrors: true });

interface Answer {
  readonly text: string;
  readonly finish_reason: string;
  readonly tool_calls: readonly { readonly name: string; readonly arguments: string }[];
}

await using server = await ServerProcess.start({
  flags: [
    ...["--model", await defaultModelPath(), "--slots", String(SLOTS), "--context-tokens", "3072"],
    ...["--queue-per-slot", "64", "--max-queue-wait", "1h"],
    // A small model, once it calls, goes on calling.
    ...["--max-tool-calls", "2"],
  ],
});
using client = new RuntimeClient(server.address);

const schemas = Array.from({ length: SCHEMAS }, () => randomObjectSchema(random));
const choices = Array.from({ length: SCHEMAS }, () => randomChoices(random));
const findings: Finding[] = [];
findings.push(await all("calls with tool choice required", schemas, forcedCallFlaw));
findings.push(await all("answers held to a JSON Schema", schemas, schemaFlaw));
findings.push(await all("answers held to choices", choices, choiceFlaw));
publish({
  name: "constraints",
  command: `npm run proof:constraints -- --seed ${flags.seed}${flags.short ? " --short" : ""}`,
  seed: Number(flags.seed),
  short: flags.short,
  findings,
});

/** Asks for each, as many at a time as there are slots. @param flaw what is wrong with the answer, if anything is */
async function all<T>(
  what: string,
  cases: readonly T[],
  flaw: (one: T, seed: number) => Promise<string | undefined>,
): Promise<Finding> {
  announce(what);
  const flaws: string[] = [];
  const left = cases.entries();
  const caller = async (): Promise<void> => {
    for (const [index, one] of left) {
      const found = await flaw(one, index);
      if (found !== undefined) flaws.push(`${JSON.stringify(one)}: ${found}`);
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, caller));
  for (const found of flaws) announce(found);
  return {
    what,
    figure: `${cases.length - flaws.length} of ${cases.length} valid`,
    bound: "all",
    holds: flaws.length === 0,
  };
}

async function forcedCallFlaw(schema: Schema, seed: number): Promise<string | undefined> {
  const answer = await ask(seed, {
    chat: {
      messages: [{ role: "ROLE_USER", content: "Note down something about a garden." }],
      tools: [
        { name: "note", description: "Notes something down.", parameters: JSON.stringify(schema) },
        { name: "other", parameters: JSON.stringify(schema) },
      ],
      tool_choice: seed % 2 === 0 ? { mode: "TOOL_CHOICE_MODE_REQUIRED" } : { tool: "note" },
      parallel_tool_calls: seed % 4 < 2,
    },
  });
  if (answer.finish_reason !== "FINISH_REASON_TOOL_CALLS") return `ended with ${answer.finish_reason}`;
  if (answer.text !== "") return `said ${JSON.stringify(answer.text)}`;
  if (answer.tool_calls.length === 0) return "made no call";
  if (seed % 2 === 1 && answer.tool_calls.some(({ name }) => name !== "note")) return "called another tool";
  return answer.tool_calls.map((call) => flawOf(schema, call.arguments)).find((flaw) => flaw !== undefined);
}

async function schemaFlaw(schema: Schema, seed: number): Promise<string | undefined> {
  const answer = await ask(seed, {
    prompt: "Something about a garden, as JSON:\n",
    json_schema: JSON.stringify(schema),
  });
  if (answer.finish_reason !== "FINISH_REASON_CONSTRAINT_COMPLETE") return `ended with ${answer.finish_reason}`;
  return flawOf(schema, answer.text);
}

async function choiceFlaw(values: readonly string[], seed: number): Promise<string | undefined> {
  const answer = await ask(seed, { prompt: "Is a garden green? Answer:", choices: { values } });
  if (answer.finish_reason !== "FINISH_REASON_CONSTRAINT_COMPLETE") return `ended with ${answer.finish_reason}`;
  return values.includes(answer.text) ? undefined : `answered ${JSON.stringify(answer.text)}`;
}

async function ask(seed: number, request: object): Promise<Answer> {
  const whole = { ...request, sampling: { seed }, stopping: { max_output_tokens: MOST_TOKENS } };
  return (await client.unary("rill.v1.GenerationService/Generate", whole)) as Answer;
}

function flawOf(schema: Schema, text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (text !== text.trim()) return `has blanks around it: ${JSON.stringify(text)}`;
    return ajv.validate(schema, value) ? undefined : `${text}: ${ajv.errorsText()}`;
  } catch {
    return `is no JSON: ${text}`;
  }
}
