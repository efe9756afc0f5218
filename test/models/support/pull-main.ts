import { homedir } from "node:os";

import { createPullCommand } from "../../../src/cli/pull.js";
import { modelCacheDirectory } from "../../../src/models/cache-directory.js";

/** A process of its own that is nothing but `rill pull`: `node pull-main.js MODEL [flags]`. */
const defaultModelCache = modelCacheDirectory({
  platform: process.platform,
  environment: process.env,
  homeDirectory: homedir(),
});
await createPullCommand({ defaultModelCache }).parseAsync(process.argv.slice(2), { from: "user" });
