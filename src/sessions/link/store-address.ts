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
