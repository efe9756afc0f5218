import { Command, CommanderError } from "commander";
import { defaultModelCache, forgetEmptyVariables } from "../settings/config.js";
import { flushStream } from "../telemetry/flush-stream.js";
import { createBenchCommand } from "./bench/bench.js";
import { ExitCode } from "../server/exit-code.js";
import { createGenerateCommand } from "./generate/generate.js";
import { createPullCommand } from "./pull.js";
import { createServeCommand } from "./serve.js";
import { createSessionsCommand } from "./sessions/sessions.js";
import { createTokenizeCommand } from "./tokenize.js";
import { VERSION } from "../settings/version.js";

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
    .exitOverride()
    .addCommand(createServeCommand())
    .addCommand(createGenerateCommand())
    .addCommand(createSessionsCommand())
    .addCommand(createTokenizeCommand())
    .addCommand(createBenchCommand())
    .addCommand(createPullCommand({ defaultModelCache: defaultModelCache() }));
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
