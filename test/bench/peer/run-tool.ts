import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";

export interface RunToolOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** What the tool says is appended here. */
  readonly logPath: string;
  readonly signal: AbortSignal;
}

/** @throws Error that names the log when the tool fails; the signal's AbortError */
export async function runTool({ command, args, logPath, signal }: RunToolOptions): Promise<void> {
  await using log = await open(logPath, "a");
  const child = spawn(command, args, { stdio: ["ignore", log.fd, log.fd], signal });
  const [exitCode] = (await once(child, "close")) as [number | null];
  if (exitCode !== 0) throw new Error(`${command} failed (exit code ${String(exitCode)}); see ${logPath}`);
}
