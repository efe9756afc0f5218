import { fileURLToPath } from "node:url";

/** The path of the built program, which `rill` starts. */
export const LAUNCHER = fileURLToPath(new URL("../../src/cli/launcher.cjs", import.meta.url));
