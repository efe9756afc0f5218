import { homedir } from "node:os";
import { modelCacheDirectory } from "../../src/models/cache-directory.js";
import { resolveModel } from "../../src/models/resolve-model.js";

/** How long the first suite that wants the model may have to wait for its 98 MB. */
export const FETCH_MODEL_LIMIT_MS = 5 * 60_000;

let fetched: Promise<string> | undefined;

/** The path of the default model's file, fetched into the user's cache where it is not there yet. Asked for by the suites under test/model. */
export function defaultModelPath(): Promise<string> {
  fetched ??= fetchDefaultModel();
  return fetched;
}

async function fetchDefaultModel(): Promise<string> {
  const { env: environment, platform } = process;
  const { path } = await resolveModel("smollm2-135m-instruct", {
    cacheDir: modelCacheDirectory({ platform, environment, homeDirectory: homedir() }),
    signal: AbortSignal.timeout(FETCH_MODEL_LIMIT_MS),
    onEvent: (event) => {
      if (event.kind === "fetching") console.log(`    fetching the default model: ${event.address}`);
    },
  });
  return path;
}
