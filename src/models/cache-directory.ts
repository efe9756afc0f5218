import { isAbsolute, join } from "node:path";

import type { HubLocation } from "./download/catalogue.js";

/** The facts that decide the folder of the cache, which the caller reads from the process. */
export interface CacheSurroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: { readonly XDG_CACHE_HOME?: string | undefined; readonly LOCALAPPDATA?: string | undefined };
  readonly homeDirectory: string;
}

/** Returns the folder for everything that Rill can fetch or build again: `$XDG_CACHE_HOME/rill`, or the platform's folder for caches. */
export function rillCacheDirectory({ platform, environment, homeDirectory }: CacheSurroundings): string {
  const xdg = environment.XDG_CACHE_HOME;
  // The XDG rules say that a relative path is ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "rill");
  if (platform === "darwin") return join(homeDirectory, "Library", "Caches", "rill");
  if (platform === "win32")
    return join(environment.LOCALAPPDATA ?? join(homeDirectory, "AppData", "Local"), "rill", "cache");
  return join(homeDirectory, ".cache", "rill");
}

/** Returns the default of `cacheDir`. */
export function modelCacheDirectory(surroundings: CacheSurroundings): string {
  return join(rillCacheDirectory(surroundings), "models");
}

/** Returns the path of a hub's file in the cache. One file of one revision has one path, by whichever name it was asked for. */
export function cachedPathOf(cacheDir: string, location: HubLocation): string {
  const { owner, repo, revision, file } = location;
  return join(cacheDir, owner, `${repo}@${revision.replaceAll("/", "+")}`, ...file.split("/"));
}
