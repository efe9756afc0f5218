import { accessSync, constants } from "node:fs";
import { makeFolders } from "../../machine/make-folders.js";
import { defaultStateRoots } from "./state-directory.js";

/**
 * Makes the folder that saved state is to lie in, and says why that will not do. Main thread, before the engine is started.
 * @param directory what the setting says: `auto` or a path
 * @returns undefined where the folder, or one of those that `auto` stands for, can be written
 */
export function stateDirectoryProblem(directory: string, roots = defaultStateRoots()): string | undefined {
  const refusals = (directory === "auto" ? roots : [directory]).map(refusalOf);
  if (refusals.includes(undefined)) return undefined;
  return `no folder can take saved state, so preempted generations are prefilled again: ${refusals.join("; ")}`;
}

/** undefined: it can be written. */
function refusalOf(path: string): string | undefined {
  try {
    makeFolders(path, 0o700);
    accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${path} (${error instanceof Error && "code" in error ? String(error.code) : String(error)})`;
  }
}
