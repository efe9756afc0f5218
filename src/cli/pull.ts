import { Command, InvalidArgumentError, Option } from "commander";

import { HUB_ORIGIN } from "../models/download/hub-source.js";
import { ModelError } from "../models/files/model-error.js";
import { resolveModel } from "../models/resolve-model.js";
import type { ResolveModelOptions } from "../models/resolve-options.js";
import { parseOrigin } from "../machine/address.js";
import { createPullReporter } from "../server/pull-reporter.js";

const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

export interface PullCommandOptions {
  /** The folder that `--model-cache auto` stands for. */
  readonly defaultModelCache: string;
}

interface PullFlags {
  readonly modelCache: string;
  readonly hub: string;
}

/**
 * Creates `rill pull MODEL`, which downloads a model and prints the digest and path of each of its files in the form of `sha256sum`, which `sha256sum -c`
 * reads. Everything else goes to standard error. It hashes an existing file again. It sets the exit code of the process: 0 done, 1 failed, 2 usage, 130
 * interrupted.
 */
export function createPullCommand({ defaultModelCache }: PullCommandOptions): Command {
  return new Command("pull")
    .description("download a model, or check an existing one")
    .argument("<model>", "catalogue name, path of a GGUF file, or hf:owner/repo/file.gguf")
    .addOption(
      new Option("--model-cache <path|auto>", "folder for downloaded models; auto: in the platform's cache folder")
        .env("RILL_MODEL_CACHE")
        .default("auto"),
    )
    .addOption(
      new Option("--hub <url>", "address of the model hub or of a mirror")
        .env("RILL_HUB")
        .default(HUB_ORIGIN)
        .argParser(parseHubOrigin),
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .action(async (model: string, { modelCache, hub }: PullFlags) => {
      const cacheDir = modelCache === "auto" ? defaultModelCache : modelCache;
      process.exitCode = await pull(model, { cacheDir, hubOrigin: hub });
    });
}

/** @throws InvalidArgumentError */
function parseHubOrigin(text: string): string {
  const origin = parseOrigin(text);
  if (origin === undefined) throw new InvalidArgumentError("It must be an http or https address without a path.");
  return origin;
}

/** Downloads or checks a model, and returns the exit code. */
async function pull(model: string, from: Pick<ResolveModelOptions, "cacheDir" | "hubOrigin">): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  using reporter = createPullReporter(process.stderr);
  try {
    const { files } = await resolveModel(model, {
      ...from,
      rehash: true,
      signal: interrupt.signal,
      onEvent: reporter.onEvent,
    });
    process.stdout.write(files.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(""));
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    if (!(error instanceof ModelError)) throw error;
    process.stderr.write(`rill pull: ${error.message}\n`);
    return error.code === "INVALID_MODEL_NAME" ? USAGE : FAILED;
  } finally {
    process.removeListener("SIGINT", onInterrupt);
  }
}
