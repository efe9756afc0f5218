import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { ServerCommand } from "./tool-server.js";

/** A row of servers.json: a public MCP server at a pinned version. */
export interface ToolPackage {
  readonly from: "npm" | "pip";
  readonly package: string;
  readonly version: string;
  /** The program among those that the package brings. Default: its only one, or the one named like it. */
  readonly bin?: string;
  readonly args?: readonly string[];
  /** Credentials and addresses without which it does not start. They are made up. */
  readonly environment?: Readonly<Record<string, string>>;
}

const CACHE_FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rill-schemas");

/** Installs the package into the cache, unless it is there, and says how the server is started. @throws Error where the registry has no such version */
export function installServer(tool: ToolPackage, node: string): ServerCommand {
  const folder =
    tool.from === "npm"
      ? npmFolder([`${tool.package}@${tool.version}`])
      : pipFolder([`${tool.package}==${tool.version}`]);
  const bin = tool.from === "npm" ? npmBin(folder, tool) : join(folder, "bin", tool.bin ?? tool.package);
  const home = mkdtempSync(join(tmpdir(), "rill-schemas-"));
  const environment = {
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    HOME: home,
    ...(tool.from === "pip" ? { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" } : {}),
    ...tool.environment,
  };
  const program = tool.from === "npm" ? node : "python3";
  return { program, args: [bin, ...(tool.args ?? [])], environment, folder: home };
}

/** The folder with these packages of npm. Nothing of them runs at the install. */
export function npmFolder(packages: readonly string[]): string {
  return installed("npm", packages, (folder) => {
    const flags = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund"];
    execFileSync("npm", ["install", ...flags, "--prefix", folder, ...packages], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  });
}

/** The folder with these packages of PyPI, for PYTHONPATH. */
export function pipFolder(packages: readonly string[]): string {
  return installed("pip", packages, (folder) => {
    const flags = ["--quiet", "--disable-pip-version-check", "--target", folder];
    execFileSync("python3", ["-m", "pip", "install", ...flags, ...packages], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  });
}

function installed(from: string, packages: readonly string[], install: (folder: string) => void): string {
  const [first = ""] = packages;
  const folder = join(CACHE_FOLDER, `${from}-${first.replaceAll("/", "+").replace("==", "@")}`);
  const mark = join(folder, ".installed");
  if (existsSync(mark)) return folder;
  mkdirSync(folder, { recursive: true });
  install(folder);
  writeFileSync(mark, `${packages.join("\n")}\n`);
  return folder;
}

function npmBin(folder: string, { package: name, bin: wanted }: ToolPackage): string {
  const root = join(folder, "node_modules", name);
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const bins = typeof bin === "string" ? { [name]: bin } : bin;
  const path = bins[wanted ?? name.split("/").at(-1) ?? name] ?? Object.values(bins)[0];
  if (path === undefined) throw new Error(`${name} brings no program`);
  return join(root, path);
}
