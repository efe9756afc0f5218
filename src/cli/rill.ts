import { Command, CommanderError } from "commander";
import { defaultModelCache, forgetEmptyVariables } from "../settings/config.js";
import { flushStream } from "../telemetry/line-writer.js";
import { ExitCode } from "../server/exit-code.js";
import { VERSION } from "../settings/version.js";

/** Makes each command, in the order of the help. A command's modules are loaded only where it is called, or all commands are to be shown. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["serve", async () => (await import("./serve.js")).createServeCommand()],
  ["generate", async () => (await import("./generate/generate.js")).createGenerateCommand()],
  ["sessions", async () => (await import("./sessions/sessions.js")).createSessionsCommand()],
  ["tokenize", async () => (await import("./tokenize.js")).createTokenizeCommand()],
  ["bench", async () => (await import("./bench/bench.js")).createBenchCommand()],
  ["pull", async () => (await import("./pull.js")).createPullCommand({ defaultModelCache: defaultModelCache() })],
]);

/**
 * The program behind `rill`: finds the command, runs it, ends the process with its exit code. `args`: the command line without the program's own name.
 * Called once, by the launcher.
 */
export async function runRill(args: readonly string[]): Promise<never> {
  // A reader that goes away (`| head`) is no reason to fail, least of all while serving.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  forgetEmptyVariables();
  const program = new Command("rill")
    .description("Text generation by llama.cpp over gRPC, paced by the reader.")
    .version(VERSION, "--version", "print the version")
    .showHelpAfterError("(rill --help tells more)")
    .exitOverride();
  const [name = ""] = args;
  const called = COMMANDS.get(name);
  for (const create of called === undefined ? COMMANDS.values() : [called]) program.addCommand(await create());
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    } else {
      process.exitCode = ExitCode.failed;
      process.stderr.write(`rill: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    }
  }
  await Promise.all([flushStream(process.stdout), flushStream(process.stderr)]);
  process.exit();
}
