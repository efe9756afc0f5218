import { findMissing, type LockFile } from "./lock-file.js";
import { bindingPlatform, platformInName } from "./package-platform.js";

/**
 * The lock file without what `findLockProblems` finds, addresses apart: with an entry for each optional dependency, and each of llama.cpp's binaries
 * for its own platform only.
 *
 * @throws Error when the version of a missing package is a range: which one it stands for, only a registry knows
 */
export function tidyLock(lock: LockFile): LockFile {
  const added = findMissing(lock).map(({ name, version, owner }) => {
    if (!/^\d/.test(version)) throw new Error(`${name}@${version}, optional for ${owner}, is to be added by hand`);
    const { os, cpu } = platformInName(name);
    const entry = {
      version,
      ...(cpu === undefined ? {} : { cpu }),
      optional: true,
      ...(os === undefined ? {} : { os }),
    };
    return [`node_modules/${name}`, entry] as const;
  });
  const all = [...Object.entries(lock.packages), ...added].map(
    ([place, entry]) => [place, { ...entry, ...bindingPlatform(place.replace(/^.*node_modules\//, "")) }] as const,
  );
  return { ...lock, packages: Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, "en"))) };
}
