import { findMissing, type LockEntry, type LockFile } from "./lock-file.js";
import { bindingPlatform } from "./package-platform.js";

/**
 * What would make `npm ci` fail on some platform or tie it to one registry: optional dependencies without an entry, and entries with an address; and
 * what would make it fetch binaries that do not run on the machine or that nobody asked for.
 */
export function findLockProblems(lock: LockFile): readonly string[] {
  return [
    ...findMissing(lock).map(({ name, owner }) => `${name}, optional for ${owner || "the project"}, has no entry`),
    ...Object.entries(lock.packages).flatMap(([place, entry]) => [
      ...(entry.resolved !== undefined && /^[a-z+]+:\/\//.test(entry.resolved)
        ? [`${place} names where it was fetched: ${entry.resolved}`]
        : []),
      ...(isNarrow(place, entry) ? [] : [`${place} is installed on more platforms than it should be`]),
    ]),
  ];
}

function isNarrow(place: string, { os, cpu }: LockEntry): boolean {
  const wanted = bindingPlatform(place.replace(/^.*node_modules\//, ""));
  return wanted === undefined || (same(os, wanted.os) && same(cpu, wanted.cpu));
}

function same(actual: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return actual.join() === wanted.join();
}
