import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { rillCacheDirectory } from "../../../src/models/cache-directory.js";

/** Where everything that the peer is made from and of lies. */
export interface PeerLayout {
  /** Release of llama.cpp that the binding was built from, such as "v0.5.0". */
  readonly release: string;
  /** git bundle with the source of that release; ships with the binding. */
  readonly bundlePath: string;
  /** The binding's prebuilt binaries for this machine: the kernels that both sides run. */
  readonly kernelsDir: string;
  /** Outside the repository, one for each release. */
  readonly releaseDir: string;
  readonly sourceDir: string;
  readonly buildDir: string;
  /** The finished server with its libraries and kernels. */
  readonly binDir: string;
  readonly serverPath: string;
}

/** @throws Error when the binding's package is not laid out as expected */
export async function findPeerLayout(): Promise<PeerLayout> {
  const bindingDir = packageDirOf(fileURLToPath(import.meta.resolve("node-llama-cpp")));
  const release = parseRelease(await readFile(join(bindingDir, "llama", "binariesGithubRelease.json"), "utf8"));
  const target = `${process.platform}-${process.arch}`;
  const cacheDir = rillCacheDirectory({
    platform: process.platform,
    environment: process.env,
    homeDirectory: homedir(),
  });
  const releaseDir = join(cacheDir, "peer", release);
  const binDir = join(releaseDir, "bin");
  return {
    release,
    bundlePath: join(bindingDir, "llama", "gitRelease.bundle"),
    kernelsDir: join(bindingDir, "..", "@node-llama-cpp", target, "bins", target),
    releaseDir,
    sourceDir: join(releaseDir, "source"),
    buildDir: join(releaseDir, "build"),
    binDir,
    serverPath: join(binDir, "llama-server"),
  };
}

function packageDirOf(file: string): string {
  let directory = dirname(file);
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}

function parseRelease(text: string): string {
  const { release } = JSON.parse(text) as { readonly release?: unknown };
  if (typeof release === "string" && /^[\w.-]+$/.test(release)) return release;
  throw new Error("the binding does not say which release of llama.cpp it carries");
}
