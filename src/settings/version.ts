import { readFileSync } from "node:fs";

/** The package's version, from its package.json beside dist/. Read once, when the program loads. */
export const VERSION = readVersion(new URL("../../../package.json", import.meta.url));

function readVersion(manifest: URL): string {
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return version;
}
