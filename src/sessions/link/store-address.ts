import { isAbsolute, join } from "node:path";

/** The address of a store. */
export type StoreAddress =
  | { readonly type: "sqlite"; readonly path: string }
  | { readonly type: "memory" }
  | { readonly type: "postgres"; readonly url: string };

/** Parses `sqlite:PATH`, `postgres://…` or `memory:`. Returns undefined for any other text. */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  if (text === "memory:") return { type: "memory" };
  if (text.startsWith("sqlite:")) {
    const path = text.slice("sqlite:".length);
    return path === "" || path.startsWith(":") || path.includes("\0") ? undefined : { type: "sqlite", path };
  }
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return { type: "postgres", url: text };
  return undefined;
}

/** Formats an address so that `parseStoreAddress` reads it back, without its password, which must be neither printed nor logged. */
export function formatStoreAddress(address: StoreAddress): string {
  switch (address.type) {
    case "memory":
      return "memory:";
    case "sqlite":
      return `sqlite:${address.path}`;
    case "postgres": {
      const url = new URL(address.url);
      url.password = "";
      url.searchParams.delete("password");
      return url.href;
    }
  }
}

/** The facts that decide the default path, which the caller reads from the process. */
export interface DataSurroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: { readonly XDG_DATA_HOME?: string | undefined; readonly LOCALAPPDATA?: string | undefined };
  readonly homeDirectory: string;
}

/**
 * Returns the SQLite file that holds the sessions unless the operator names another store: below `$XDG_DATA_HOME`, or below the platform's folder for
 * data.
 */
export function defaultStorePath({ platform, environment, homeDirectory }: DataSurroundings): string {
  return join(dataDirectory({ platform, environment, homeDirectory }), "sessions.sqlite");
}

function dataDirectory({ platform, environment, homeDirectory }: DataSurroundings): string {
  const xdg = environment.XDG_DATA_HOME;
  // The XDG rules say that a relative path is ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "rill");
  if (platform === "darwin") return join(homeDirectory, "Library", "Application Support", "rill");
  if (platform === "win32") {
    return join(environment.LOCALAPPDATA ?? join(homeDirectory, "AppData", "Local"), "rill", "data");
  }
  return join(homeDirectory, ".local", "share", "rill");
}
