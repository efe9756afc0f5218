import { isAbsolute, join } from "node:path";

/** Where sessions are kept. */
export type StoreAddress =
  | { readonly type: "sqlite"; readonly path: string }
  | { readonly type: "memory" }
  | { readonly type: "postgres"; readonly url: string };

/** `sqlite:PATH`, `postgres://…` or `memory:`. undefined: it is none of them. */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  if (text === "memory:") return { type: "memory" };
  if (text.startsWith("sqlite:")) {
    const path = text.slice("sqlite:".length);
    return path === "" || path.startsWith(":") || path.includes("\0") ? undefined : { type: "sqlite", path };
  }
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return { type: "postgres", url: text };
  return undefined;
}

/** What `parseStoreAddress` reads back, but for a password: that is left out, for it has no place in what is printed or logged. */
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
