import { readConfig } from "../../../src/settings/config.js";
import { serve } from "../../../src/main.js";

/** A program: `rill serve` over session-worker.ts. Its argument: the flags by their names, as JSON. */
const flags = new Map(Object.entries(JSON.parse(process.argv[2] ?? "{}") as Record<string, string>));
const { config } = await readConfig({ flags, configPath: undefined, environment: {} });
process.exit(await serve(config, { engineEntry: new URL("./session-worker.js", import.meta.url) }));
