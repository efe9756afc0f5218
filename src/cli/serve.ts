import { Command, Option } from "commander";
import { ConfigError, readConfig, type SettledConfig } from "../settings/config.js";
import { ExitCode } from "../server/exit-code.js";
import { LIMIT_SETTINGS } from "../settings/limit-settings.js";
import { SERVER_SETTINGS } from "../settings/server-settings.js";
import { flagOf, yamlKeyOf, type Setting } from "../settings/setting.js";

const SPELLINGS = `
Every setting has three spellings: --max-output-tokens on the command line, RILL_MAX_OUTPUT_TOKENS in the environment and
maxOutputTokens in the file that --config names. The command line wins over the environment, and the environment over
the file.`;

/** Creates `rill serve`, which sets the exit code of the process. */
export function createServeCommand(): Command {
  const command = new Command("serve")
    .description("serve a model over gRPC")
    .option("--config <path>", "YAML file of settings (or RILL_CONFIG)")
    .option("--print-config", "print every setting with its origin, and exit");
  addSettings(command, "Server:", Object.values(SERVER_SETTINGS));
  addSettings(command, "Limits:", Object.values(LIMIT_SETTINGS));
  return command
    .addHelpText("after", SPELLINGS)
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .action(async () => {
      process.exitCode = await run(command);
    });
}

function addSettings(command: Command, heading: string, settings: readonly Setting<unknown>[]): void {
  for (const { name, about, placeholder, isToggle, isList, ...setting } of settings) {
    const value = isToggle === true ? `[${placeholder}]` : `<${placeholder}>`;
    const description = `${about} (${setting.format(setting.default)})`;
    const option = new Option(`${flagOf(name)} ${value}`, description).helpGroup(heading);
    if (isList === true)
      option.argParser((text, earlier?: string) => (earlier === undefined ? text : `${earlier},${text}`));
    command.addOption(option);
  }
}

async function run(command: Command): Promise<ExitCode> {
  const { config: configPath, printConfig: isPrinting } = command.opts<{ config?: string; printConfig?: true }>();
  const problems = findStrayArguments(command.args);
  let settled: SettledConfig | undefined;
  try {
    settled = await readConfig({ flags: givenFlags(command), configPath });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  if (settled === undefined || problems.length > 0) {
    process.stderr.write(
      `rill serve: wrong settings (rill serve --help tells more)\n${problems.map((problem) => `  ${problem}\n`).join("")}`,
    );
    return ExitCode.usage;
  }
  if (isPrinting === true) {
    const { printConfig } = await import("../settings/print-config.js");
    process.stdout.write(printConfig(settled.settled));
    return ExitCode.done;
  }
  // The import comes last because the other commands need none of the server's modules.
  const { serve } = await import("../main.js");
  return serve(settled.config, { warnings: settled.warnings });
}

/** By the setting's name. A toggle without a value means true. */
function givenFlags(command: Command): ReadonlyMap<string, string> {
  const options = command.opts<Readonly<Record<string, string | true | undefined>>>();
  const names = [...Object.values(SERVER_SETTINGS), ...Object.values(LIMIT_SETTINGS)].map(({ name }) => name);
  return new Map(
    names.flatMap((name) => {
      const value = options[yamlKeyOf(name)];
      return value === undefined ? [] : [[name, String(value)] as const];
    }),
  );
}

/** Reports arguments that are no known flags. The argument after an unknown flag may be its value, so only the flag is named. */
function findStrayArguments(args: readonly string[]): string[] {
  const isFlag = (arg: string | undefined): boolean => arg?.startsWith("-") ?? false;
  return args
    .filter((arg, index) => isFlag(arg) || !isFlag(args[index - 1]))
    .map((arg) => (isFlag(arg) ? `${arg}: there is no such flag` : `${arg}: nothing is expected here`));
}
