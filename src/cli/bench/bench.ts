import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { makeCall } from "./bench-call.js";
import { type Round, toFigures } from "./bench-figures.js";
import { makeInput } from "./bench-input.js";
import { BENCH_DEFAULTS, type BenchFlags, type BenchPlan, readBenchPlan } from "./bench-plan.js";
import { tableHead, tableLine } from "./bench-table.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "../command/client-command.js";
import { UsageError } from "../command/usage-error.js";

const NOTES = `
Every call asks for the same number of output tokens and goes on past the model's
own end. TTFT is the time from a call's opening to its first chunk, ITL the gap between
two chunks of a stream, both as they arrive here. A call that is refused or fails is
counted by its reason. All calls share one connection. Ctrl-C cancels what is under way.

Exit codes: 0 done, 1 failed, or not one call came to its end, 2 wrong usage,
130 interrupted.`;

interface PrintFlags {
  readonly json?: boolean;
}

/** `rill bench`: a load on a running server, and how fast it was served. Sets the process's exit code. */
export function createBenchCommand(): Command {
  const command = new Command("bench")
    .description("measure a running server under load")
    .optionsGroup("Load:")
    .option("--streams <n,n…>", `calls at one time, one measurement for each number (${BENCH_DEFAULTS.streams})`)
    .option("--output-tokens <n>", `output tokens of each call (${BENCH_DEFAULTS.outputTokens})`)
    .option(
      "--prompt-tokens <n>",
      `input tokens of each call, none shared with another (${BENCH_DEFAULTS.promptTokens})`,
    )
    .option("--prompt <text>", "a prompt in place of them, the same for all calls")
    .option("--rounds <n>", `how often each number of streams is measured (${BENCH_DEFAULTS.rounds})`)
    .option("--warm-up <n>", `rounds before those, which don't count (${BENCH_DEFAULTS.warmUp})`)
    .optionsGroup("Printing:")
    .option("--json", "one JSON object for each number of streams, one a line; times in ms");
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
  if (done === 0) throw new Error("not one call came to its end");
}

interface ServerInfoJson {
  readonly serverInfo?: { readonly limits?: { readonly maxStreamsPerConnection?: number } };
}

/** Before the first round: is there a server, and does it take so many calls on a connection? */
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
    const outcomes = await Promise.all(requests.map((request) => makeCall(session, request)));
    const wallMs = performance.now() - startedAtMs;
    if (round >= warmUpRounds) rounds.push({ wallMs, outcomes });
  }
  return rounds;
}

async function makeRequest(session: ClientSession, plan: BenchPlan): Promise<JsonObject> {
  return {
    ...(await makeInput(session, plan.input)),
    stopping: { max_output_tokens: plan.outputTokens, ignore_end_of_generation: true },
  };
}
