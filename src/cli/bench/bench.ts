import { randomInt } from "node:crypto";
import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, runClientCommand } from "../command/client-command.js";
import { UsageError } from "../command/usage-error.js";
import { makeCall } from "./bench-call.js";
import { type Round, tableHead, tableLine, toFigures } from "./bench-figures.js";
import { BENCH_DEFAULTS, type BenchFlags, type BenchInput, type BenchPlan, readBenchPlan } from "./bench-plan.js";

const STORY = "The river ran past the old mill, where nobody had ground any corn for years, and on to the sea. ";
const MAX_NUMBER = 2 ** 47;
const STORY_WORDS = STORY.trimEnd().split(" ").length;
const NOTES = `
Every call asks for the same number of output tokens and continues past the model's own
end. TTFT is the time from the start of a call to its first chunk, and ITL the time
between two chunks of a stream, both as they arrive here. Failed calls are counted by
reason. All calls share one connection. Ctrl-C cancels the calls in progress.

Exit codes: 0 done, 1 failed or no call completed, 2 wrong usage, 130 interrupted.`;

interface PrintFlags {
  readonly json?: boolean;
}

/** Creates `rill bench`, which puts a load on a server, measures its speed and sets the exit code of the process. */
export function createBenchCommand(): Command {
  const command = new Command("bench")
    .description("measure a running server under load")
    .optionsGroup("Load:")
    .option("--streams <n,n…>", `concurrent calls, one measurement per number (${BENCH_DEFAULTS.streams})`)
    .option("--output-tokens <n>", `output tokens of each call (${BENCH_DEFAULTS.outputTokens})`)
    .option(
      "--prompt-tokens <n>",
      `input tokens of each call, different in every call (${BENCH_DEFAULTS.promptTokens})`,
    )
    .option("--prompt <text>", "prompt instead of them, the same for all calls")
    .option("--rounds <n>", `measured rounds per number of streams (${BENCH_DEFAULTS.rounds})`)
    .option("--warm-up <n>", `rounds before those, which are not measured (${BENCH_DEFAULTS.warmUp})`)
    .optionsGroup("Printing:")
    .option("--json", "print one JSON object per number of streams, one per line; times in ms");
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async (flags: BenchFlags & PrintFlags) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: () => Promise.resolve(readBenchPlan(flags)),
        work: (session, plan) => measureAll(session, plan, flags),
      });
    });
}

async function measureAll(session: ClientSession, plan: BenchPlan, { json = false }: PrintFlags): Promise<void> {
  await checkServer(session, plan);
  if (!json) await session.output.write(`${tableHead()}\n`);
  const nextRequest = (): Promise<JsonObject> => makeRequest(session, plan);
  let done = 0;
  for (const streams of plan.streams) {
    const figures = toFigures(streams, await measure(session, { ...plan, streams, nextRequest }));
    done += figures.calls - Object.values(figures.errors).reduce((sum, count) => sum + count, 0);
    await session.output.write(`${json ? JSON.stringify(figures) : tableLine(figures)}\n`);
  }
  if (done === 0) throw new Error("no call completed");
}

interface ServerInfoJson {
  readonly serverInfo?: { readonly limits?: { readonly maxStreamsPerConnection?: number } };
}

/** Checks before the first round that the server responds and accepts this many calls on a connection. */
async function checkServer({ client, call }: ClientSession, { streams }: BenchPlan): Promise<void> {
  const answer: ServerInfoJson = await client.unary("rill.v1.ServerService/GetServerInfo", {}, call);
  const { maxStreamsPerConnection = Infinity } = answer.serverInfo?.limits ?? {};
  const tooMany = streams.filter((count) => count > maxStreamsPerConnection);
  if (tooMany.length === 0) return;
  throw new UsageError(
    tooMany.map(
      (count) =>
        `--streams: ${count} is more than the ${maxStreamsPerConnection} that the server takes on a connection`,
    ),
  );
}

interface Measurement extends Pick<BenchPlan, "rounds" | "warmUpRounds"> {
  readonly streams: number;
  readonly nextRequest: () => Promise<JsonObject>;
}

async function measure(session: ClientSession, measurement: Measurement): Promise<Round[]> {
  const { streams, warmUpRounds, nextRequest } = measurement;
  const rounds: Round[] = [];
  for (let round = 0; round < warmUpRounds + measurement.rounds; round++) {
    const requests = await Promise.all(Array.from({ length: streams }, nextRequest));
    const startedAtMs = performance.now();
    const results = await Promise.all(requests.map((request) => makeCall(session, request)));
    const wallMs = performance.now() - startedAtMs;
    if (round >= warmUpRounds) rounds.push({ wallMs, results });
  }
  return rounds;
}

async function makeRequest(session: ClientSession, plan: BenchPlan): Promise<JsonObject> {
  return {
    ...(await makeInput(session, plan.input)),
    stopping: { max_output_tokens: plan.outputTokens, ignore_end_of_generation: true },
  };
}

interface TokenIdsJson {
  readonly tokenIds?: readonly number[];
}

/**
 * Creates the input of one call. If only its length is given, it is the server's own tokens of a text that begins with a random number, so that the
 * server can reuse nothing from any other call.
 *
 * @throws CallFailure, or the signal's reason
 */
async function makeInput(
  { client, call }: Pick<ClientSession, "client" | "call">,
  input: BenchInput,
): Promise<JsonObject> {
  if (input.type === "prompt") return { prompt: input.text };
  // A word has at least one token.
  const text = `${randomInt(MAX_NUMBER)}. ${STORY.repeat(Math.ceil(input.count / STORY_WORDS))}`;
  const answer = await client.unary("rill.v1.TokenService/Tokenize", { text }, call);
  const { tokenIds = [] }: TokenIdsJson = answer;
  return { token_ids: { ids: tokenIds.slice(0, input.count) } };
}
