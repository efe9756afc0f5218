import { isAbsolute, join } from "node:path";

/** What the place follows from. The caller reads it from the process. */
export interface DataSurroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: { readonly XDG_DATA_HOME?: string | undefined; readonly LOCALAPPDATA?: string | undefined };
  readonly homeDirectory: string;
}

/** The SQLite file that sessions are kept in unless another place is named: below `$XDG_DATA_HOME`, or what the platform has for data. */
export function defaultStorePath({ platform, environment, homeDirectory }: DataSurroundings): string {
  return join(dataDirectory({ platform, environment, homeDirectory }), "sessions.sqlite");
}

function dataDirectory({ platform, environment, homeDirectory }: DataSurroundings): string {
  const xdg = environment.XDG_DATA_HOME;
  // The XDG rules say that a relative path is to be ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "rill");
  if (platform === "darwin") return join(homeDirectory, "Library", "Application Support", "rill");
  if (platform === "win32") {
    return join(environment.LOCALAPPDATA ?? join(homeDirectory, "AppData", "Local"), "rill", "data");
  }
  return join(homeDirectory, ".local", "share", "rill");
}
