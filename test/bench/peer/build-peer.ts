import { cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { PeerLayout } from "./peer-layout.js";
import { runTool } from "./run-tool.js";

/** No kernels of its own (they come from the binding), no web page, nothing that looks for a network. */
const CMAKE_FLAGS = [
  "-DCMAKE_BUILD_TYPE=Release",
  "-DCMAKE_BUILD_RPATH_USE_ORIGIN=ON",
  "-DLLAMA_CURL=OFF",
  "-DLLAMA_OPENSSL=OFF",
  "-DLLAMA_BUILD_UI=OFF",
  "-DLLAMA_BUILD_TESTS=OFF",
  "-DGGML_NATIVE=OFF",
  "-DGGML_BACKEND_DL=ON",
  "-DGGML_CPU=OFF",
];
const KERNEL_LIBRARY = /^libggml-cpu-.*\.so$/;
/** Written by the binding's own build: what its binaries were made from. */
const KERNELS_STAMP = "_nlcBuildMetadata.json";

export interface BuildPeerOptions {
  readonly layout: PeerLayout;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes `layout.binDir`, going on from whatever an earlier attempt left: source, half a build, a whole one. Some minutes from nothing. Called under
 * the lock of the release's directory.
 *
 * @throws Error that names the log
 */
export async function buildPeer({ layout, onLine, signal }: BuildPeerOptions): Promise<void> {
  const { releaseDir, sourceDir, buildDir, bundlePath, release } = layout;
  const logPath = join(releaseDir, "build.log");
  const run = (command: string, args: readonly string[]): Promise<void> => runTool({ command, args, logPath, signal });
  if (!existsSync(sourceDir)) {
    const partialDir = `${sourceDir}.partial`;
    await rm(partialDir, { recursive: true, force: true });
    await run("git", ["clone", "--quiet", bundlePath, partialDir]);
    await rename(partialDir, sourceDir);
  }
  if (!existsSync(join(buildDir, "bin", "llama-server"))) {
    onLine(`building llama-server ${release}; this takes some minutes (log: ${logPath})`);
    await run("cmake", ["-S", sourceDir, "-B", buildDir, ...CMAKE_FLAGS]);
    await run("cmake", ["--build", buildDir, "--target", "llama-server", "--parallel", `${availableParallelism()}`]);
  }
  await assemble(layout);
}

/** Copies links as links: a library that lay there twice under two names would be loaded twice. */
async function assemble({ buildDir, binDir, kernelsDir }: PeerLayout): Promise<void> {
  const partialDir = `${binDir}.partial`;
  await rm(partialDir, { recursive: true, force: true });
  await mkdir(partialDir, { recursive: true });
  await cp(join(buildDir, "bin"), partialDir, { recursive: true, verbatimSymlinks: true });
  const kernels = (await readdir(kernelsDir)).filter((name) => KERNEL_LIBRARY.test(name));
  for (const name of [...kernels, KERNELS_STAMP]) await cp(join(kernelsDir, name), join(partialDir, name));
  await rm(binDir, { recursive: true, force: true });
  await rename(partialDir, binDir);
}
