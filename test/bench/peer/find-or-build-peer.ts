import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { acquireFileLock } from "../../../src/models/files/file-lock.js";
import { onAbort } from "../../../src/sync/abort.js";
import { buildPeer } from "./build-peer.js";
import { findPeerLayout, type PeerLayout } from "./peer-layout.js";

/** A build takes 6 to 8 min on two cores; another process's is waited for. */
const BUILD_WAIT_LIMIT_MS = 30 * 60_000;
const TOOLS = ["git", "cmake", "c++"];

export type FoundPeer = { readonly path: string } | { readonly skipped: string };

export interface FindPeerOptions {
  /** Told what takes long. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The peer if an earlier build left it: for tests, which must not take as long as a build. */
export async function findPeer(): Promise<FoundPeer> {
  const layout = await findPeerLayout();
  if (isReady(layout)) return { path: layout.serverPath };
  return { skipped: "there is no llama-server to compare with yet; `npm run bench:peer` builds it" };
}

/**
 * A llama-server of the release that the binding was built from, which runs the binding's own kernels: found in the cache, or built there. Skipped,
 * with the reason, where it can't be built. Used by the benches and the model suite.
 *
 * @throws Error when a build was begun and failed
 */
export async function findOrBuildPeer(options: FindPeerOptions = {}): Promise<FoundPeer> {
  const { onLine = () => undefined, signal = new AbortController().signal } = options;
  const layout = await findPeerLayout();
  if (isReady(layout)) return { path: layout.serverPath };
  const skipped = reasonToSkip(layout);
  if (skipped !== undefined) return { skipped };
  const build = new AbortController();
  using _link = onAbort(signal, (reason) => build.abort(reason));
  await mkdir(layout.releaseDir, { recursive: true });
  await using _lock = await acquireFileLock({
    path: layout.binDir,
    waitLimitMs: BUILD_WAIT_LIMIT_MS,
    signal: build.signal,
    onWait: (lockPath) => onLine(`another process is building llama-server; waiting for it (${lockPath})`),
    onLost: (error) => build.abort(error),
  });
  if (!isReady(layout)) await buildPeer({ layout, onLine, signal: build.signal });
  return { path: layout.serverPath };
}

/** Whether the server is there, with the very kernels that the binding has now. */
function isReady({ serverPath, binDir, kernelsDir }: PeerLayout): boolean {
  if (!existsSync(serverPath) || !existsSync(kernelsDir)) return false;
  const kernels = readdirSync(kernelsDir).filter((name) => name.startsWith("libggml-cpu-"));
  return kernels.every((name) => sizeOf(join(binDir, name)) === sizeOf(join(kernelsDir, name)));
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function reasonToSkip({ kernelsDir, buildDir }: PeerLayout): string | undefined {
  if (process.platform !== "linux") return `the peer is built on Linux only, this is ${process.platform}`;
  if (!existsSync(kernelsDir)) return `the binding has no prebuilt kernels for this machine (${kernelsDir} is missing)`;
  if (existsSync(join(buildDir, "bin", "llama-server"))) return undefined;
  const missing = TOOLS.filter((tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).status !== 0);
  return missing.length === 0 ? undefined : `llama-server can't be built without ${missing.join(", ")}`;
}
