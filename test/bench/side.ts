import { residentBytes } from "../support/resident-bytes.js";
import { ServerProcess } from "../support/server-process.js";
import type { BenchSetup } from "./bench-case.js";
import type { Target } from "./client/plan.js";
import { PeerServer } from "./peer/peer-server.js";

/** A server that is being measured, as the client's process drives it. Disposing ends it. */
export interface Side extends AsyncDisposable {
  readonly target: Target;
  /** Linux only. */
  residentBytes(): number;
}

/** The same for both sides. */
interface ServerSize {
  readonly slots: number;
  /** Of one slot. */
  readonly contextTokens: number;
}

export interface SideOptions extends ServerSize {
  readonly setup: BenchSetup;
  /** Further flags of that server. */
  readonly flags?: readonly string[];
}

/** The peer would else spend time to store prompts that are never to be used again. */
const NO_PROMPT_STORE = ["--cache-ram", "0"];

export async function startRill(options: SideOptions): Promise<Side & { readonly server: ServerProcess }> {
  const server = await ServerProcess.start({ flags: rillFlags(options) });
  return {
    server,
    target: { kind: "rill", address: server.address },
    residentBytes: () => server.residentBytes(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Size, threads and a line that refuses nobody. */
export function rillFlags({ setup, slots, contextTokens, flags = [] }: SideOptions): string[] {
  return [
    ...["--model", setup.modelPath, "--threads", `${setup.threads}`],
    ...["--slots", `${slots}`, "--context-tokens", `${contextTokens}`],
    ...["--queue-per-slot", "64", "--max-queue-wait", "1h", ...flags],
  ];
}

export interface PeerOptions extends SideOptions {
  /** As it does by default. Here it does not unless told to. */
  readonly storesPrompts?: boolean;
}

/** @throws Error where there is no llama-server */
export async function startPeer({ storesPrompts = false, ...options }: PeerOptions): Promise<Side> {
  const { setup, slots, contextTokens } = options;
  const flags = [...(storesPrompts ? [] : NO_PROMPT_STORE), ...(options.flags ?? [])];
  const { modelPath, threads, peerPath: path } = setup;
  if (path === undefined) throw new Error("there is no llama-server to compare with");
  const server = await PeerServer.start({ path, modelPath, slots, contextTokens, threads, flags });
  return {
    target: { kind: "llama", baseUrl: server.baseUrl },
    residentBytes: () => residentBytes(server.pid),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
