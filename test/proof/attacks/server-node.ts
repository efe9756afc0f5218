import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A version of Node that a server runs on. */
export interface ServerNode {
  /** Such as v22.23.3 */
  readonly version: string;
  readonly major: number;
  readonly path: string;
  /** better-sqlite3 as compiled for it; undefined: the one that is installed. */
  readonly sqliteBinding: string | undefined;
}

export const OWN_NODE: ServerNode = {
  version: process.version,
  major: majorOf(process.version),
  path: process.execPath,
  sqliteBinding: undefined,
};

/** The versions that Rill supports, of which this machine's own stands for its major version. Installs the others where they are missing. */
export function supportedNodes(): ServerNode[] {
  const lines = execFileSync("bash", [join(".ci", "node-versions"), "paths"], { encoding: "utf8" })
    .trim()
    .split("\n");
  return lines.map((line) => {
    const [version = "", path = "", sqliteBinding = ""] = line.split(" ");
    if (majorOf(version) === OWN_NODE.major) return OWN_NODE;
    for (const file of [path, sqliteBinding]) if (!existsSync(file)) throw new Error(`${file} is missing`);
    return { version: `v${version}`, major: majorOf(version), path, sqliteBinding };
  });
}

function majorOf(version: string): number {
  return Number(version.replace(/^v/, "").split(".")[0]);
}
