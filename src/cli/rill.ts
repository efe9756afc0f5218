import { Command, CommanderError } from "commander";
import { defaultModelCache, forgetEmptyVariables } from "../settings/config.js";
import { flushStream } from "../telemetry/logger.js";
import { ExitCode } from "../server/exit-code.js";
import { VERSION } from "../settings/version.js";

/** Creates each command, in the order of the help. The modules of a command load only if it is called, or if the help lists all commands. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["serve", async () => (await import("./serve.js")).createServeCommand()],
  ["generate", async () => (await import("./generate/generate.js")).createGenerateCommand()],
  ["sessions", async () => (await import("./sessions/sessions.js")).createSessionsCommand()],
  ["tokenize", async () => (await import("./tokenize.js")).createTokenizeCommand()],
  ["bench", async () => (await import("./bench/bench.js")).createBenchCommand()],
  ["key", async () => (await import("./key.js")).createKeyCommand()],
  ["pull", async () => (await import("./pull.js")).createPullCommand({ defaultModelCache: defaultModelCache() })],
]);

/**
 * Finds the command, runs it and ends the process with its exit code. Called once, by the launcher.
 * @param args the command line without the name of the program
 */
export async function runRill(args: readonly string[]): Promise<never> {
  // A reader that leaves (`| head`) is no reason to fail, least of all while serving.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  forgetEmptyVariables();
  const program = await createProgram(args[0]);
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

/**
 * Creates the program with the command that is called, or with all of them if that is none.
 * @param called the first word of the command line
 */
export async function createProgram(called = ""): Promise<Command> {
  const program = new Command("rill")
    .description("Text generation by llama.cpp over gRPC, paced by the reader.")
    .version(VERSION, "--version", "print the version")
    .showHelpAfterError("(rill --help tells more)")
    .exitOverride();
  const create = COMMANDS.get(called);
  for (const wanted of create === undefined ? COMMANDS.values() : [create]) program.addCommand(await wanted());
  return program;
}
