import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { encodeRequest } from "../../support/runtime-client.js";
import type { StoppedReader, StoppedReaderOptions } from "./stopped-reader.js";

/**
 * A program under test/proof/clients as the reader. Its arguments are the address, the request in hex and the number of messages; it says `stopped …`
 * when it has read them, and leaves when its standard input is closed.
 */
export async function openProgramReader(
  command: readonly [string, ...string[]],
  { address, request, messages }: StoppedReaderOptions,
): Promise<StoppedReader> {
  const encoded = encodeRequest("rill.v1.GenerationService/GenerateStream", request).toString("hex");
  const [program, ...args] = command;
  const child = spawn(program, [...args, address, encoded, String(messages)], { stdio: ["pipe", "pipe", "pipe"] });
  await stopped(child);
  return {
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}

/** Resolves when the program says that it has stopped reading. @throws Error with its complaint where it ends before. */
async function stopped(child: ChildProcess): Promise<void> {
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-500)));
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      reject(new Error(complaint));
    });
    if (child.stdout === null) throw new Error("no output to read");
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("stopped ")) resolve();
    });
  });
}
