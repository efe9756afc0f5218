import { isAbsolute, join } from "node:path";

import type { HubLocation } from "./download/catalogue.js";

/** What the place of the cache follows from. The caller reads it from the process. */
export interface CacheSurroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: { readonly XDG_CACHE_HOME?: string | undefined; readonly LOCALAPPDATA?: string | undefined };
  readonly homeDirectory: string;
}

/** Where Rill keeps what it can fetch or build again: `$XDG_CACHE_HOME/rill`, or what the platform has for it. */
export function rillCacheDirectory({ platform, environment, homeDirectory }: CacheSurroundings): string {
  const xdg = environment.XDG_CACHE_HOME;
  // The XDG rules say that a relative path is to be ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "rill");
  if (platform === "darwin") return join(homeDirectory, "Library", "Caches", "rill");
  if (platform === "win32")
    return join(environment.LOCALAPPDATA ?? join(homeDirectory, "AppData", "Local"), "rill", "cache");
  return join(homeDirectory, ".cache", "rill");
}

/** The default of `cacheDir`. */
export function modelCacheDirectory(surroundings: CacheSurroundings): string {
  return join(rillCacheDirectory(surroundings), "models");
}

/** Where a file of the hub lies in the cache. One file of one revision has one place, whichever way it was asked for. */
export function cachedPathOf(cacheDir: string, location: HubLocation): string {
  const { owner, repo, revision, file } = location;
  return join(cacheDir, owner, `${repo}@${revision.replaceAll("/", "+")}`, ...file.split("/"));
}
