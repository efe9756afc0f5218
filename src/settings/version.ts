import { readFileSync } from "node:fs";

/** The version in the package.json beside dist/, read once when the program loads. */
export const VERSION = readVersion(new URL("../../../package.json", import.meta.url));

function readVersion(manifest: URL): string {
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return version;
}
