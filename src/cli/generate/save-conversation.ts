import { writeFile } from "node:fs/promises";
import type { JsonObject } from "../../client/contract-json.js";

/** Writes messages as a file that `readMessages` takes. @throws Error where it can't be written */
export async function saveConversation(path: string, messages: readonly JsonObject[]): Promise<void> {
  const lines = messages.map((message) => `  ${JSON.stringify(message)}`);
  try {
    await writeFile(path, `[\n${lines.join(",\n")}\n]\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`--save-messages: ${path} cannot be written (${code ?? String(error)})`, { cause: error });
  }
}
