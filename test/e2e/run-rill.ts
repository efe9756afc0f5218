import { spawn } from "node:child_process";
import { once } from "node:events";
import { LAUNCHER } from "../support/launcher.js";

export interface RillRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `rill` to its end. For calls that end by themselves. */
export async function runRill(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RillRun> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, RILL_STORE: "memory:", ...environment },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  // Not "exit": the streams may end later.
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
