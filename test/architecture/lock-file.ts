/** The lock files of the repository: of the product with its tests, and of the site that shows the pages. */
export const LOCK_FILES = ["package-lock.json", "docs/site/package-lock.json"];

/** The part of package-lock.json that is looked at. */
export interface LockFile {
  /** By place, such as `node_modules/a/node_modules/b`; the project itself is at "". */
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  /** npm installs an optional package only where these hold; absent: everywhere. */
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly resolved?: string;
}

/** An optional dependency that the lock file has no entry for. */
interface Missing {
  readonly name: string;
  readonly version: string;
  /** Where the package is that asks for it. */
  readonly owner: string;
}

/** npm leaves out those that a registry does not serve, and then refuses its own lock file. */
export function findMissing(lock: LockFile): readonly Missing[] {
  return Object.entries(lock.packages).flatMap(([owner, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !placesOf(owner, name).some((place) => place in lock.packages))
      .map(([name, version]) => ({ name, version, owner })),
  );
}

/** Where Node looks for a package that `owner` asks for, from the nearest folder to the root. */
function placesOf(owner: string, name: string): readonly string[] {
  const places: string[] = [];
  for (let folder = owner; folder !== ""; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    places.push(`${folder}/node_modules/${name}`);
  }
  return [...places, `node_modules/${name}`];
}
