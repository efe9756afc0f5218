import { mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, processMark } from "./process-mark.js";

const PREFIX = "rill-state-";
/** Memory-backed on Linux. */
const MEMORY_ROOT = "/dev/shm";

/** A folder that belongs to this process alone and goes with it. */
export interface StateDirectory extends Disposable {
  readonly path: string;
  /** What its file system has room for at this moment. */
  freeBytes(): number;
}

/** Where saved state may lie, best first: in memory, then on the disk. */
export function defaultStateRoots(): readonly string[] {
  return process.platform === "linux" ? [MEMORY_ROOT, tmpdir()] : [tmpdir()];
}

/**
 * Makes a private folder (mode 0700) in the first root that has room for `wantedBytes`, or else in the one with the most; and sweeps the roots of
 * what processes left that were killed.
 * @returns undefined where no root can be written to
 */
export function openStateDirectory(roots: readonly string[], wantedBytes: number): StateDirectory | undefined {
  for (const root of roots) sweep(root);
  const byRoom = roots
    .map((root) => ({ root, freeBytes: freeBytesOf(root) }))
    .sort((a, b) => Math.min(b.freeBytes, wantedBytes) - Math.min(a.freeBytes, wantedBytes));
  for (const { root } of byRoom) {
    try {
      const path = mkdtempSync(join(root, `${PREFIX}${processMark(process.pid) ?? "0-0-0"}-`));
      return {
        path,
        freeBytes: () => freeBytesOf(path),
        [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
      };
    } catch {
      // The next root may be writable.
    }
  }
  return undefined;
}

function freeBytesOf(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** Removes the folders of processes that have ended. What can't be removed is another user's. */
function sweep(root: string): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return;
  }
  for (const name of names) {
    const [, mark] = /^rill-state-(\d+-\d+-\d+)-/.exec(name) ?? [];
    if (mark === undefined || !hasEnded(mark)) continue;
    try {
      rmSync(join(root, name), { recursive: true, force: true });
    } catch {
      // Not ours to remove.
    }
  }
}
