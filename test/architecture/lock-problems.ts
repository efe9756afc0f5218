/** The part of package-lock.json that is looked at. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface LockEntry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}

/**
 * What would make `npm ci` fail on some platform or tie it to one registry: optional dependencies without an entry
 * (npm leaves out those that a registry does not serve, and then refuses its own lock file), and entries with an address.
 */
export function findLockProblems(lock: LockFile): readonly string[] {
  return Object.entries(lock.packages).flatMap(([owner, entry]) => [
    ...Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !placesOf(owner, name).some((place) => place in lock.packages))
      .map((name) => `${name}, optional for ${owner || "the project"}, has no entry`),
    ...(entry.resolved !== undefined && /^[a-z+]+:\/\//.test(entry.resolved)
      ? [`${owner} names where it was fetched: ${entry.resolved}`]
      : []),
  ]);
}

/** Where Node looks for a package that `owner` asks for, from the nearest folder to the root. */
function placesOf(owner: string, name: string): readonly string[] {
  const places: string[] = [];
  for (let folder = owner; folder !== ""; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    places.push(`${folder}/node_modules/${name}`);
  }
  return [...places, `node_modules/${name}`];
}
