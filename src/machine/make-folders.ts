import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and every missing folder above it, one at a time. Node's own recursive mkdir reports ENOENT for a read-only file system on Node 20,
 * and never returns for a path below /proc.
 *
 * @param mode the mode of the folders that it makes, before the umask
 * @throws Error of node:fs, such as EROFS, EACCES or ENOTDIR
 */
export function makeFolders(path: string, mode = 0o777): void {
  const target = resolve(path);
  for (const folder of missingFolders(target)) makeFolder(folder, mode);
  // The path may name a file.
  if (!isFolder(target)) mkdirSync(target);
}

/** Returns the missing folders down to `target`, the uppermost first. The walk ends, because each is a part of the path. */
function missingFolders(target: string): readonly string[] {
  const missing: string[] = [];
  for (let folder = target; statSync(folder, { throwIfNoEntry: false }) === undefined; folder = dirname(folder)) {
    missing.unshift(folder);
    if (dirname(folder) === folder) break;
  }
  return missing;
}

function makeFolder(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have made the folder meanwhile.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
