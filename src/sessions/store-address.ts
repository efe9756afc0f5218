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
