import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { CorpusSchema } from "./corpus.js";
import type { Answer } from "./schema-caller.js";

/** One request of a proof: the schema, the way it is sent, and the seed of the sampling. */
export interface Asked {
  readonly one: CorpusSchema;
  readonly way: string;
  readonly seed: number;
}

/** The answers of a proof in a file, one in a line, so that a proof that was interrupted goes on where it was. */
export class AnswerJournal {
  readonly #path: string;
  readonly #answers = new Map<string, Answer>();

  /** @throws Error if the file holds answers of another state of src/ */
  constructor(path: string) {
    this.#path = path;
    const source = execFileSync("git", ["rev-parse", "HEAD:src"], { encoding: "utf8" }).trim();
    if (!existsSync(path)) {
      appendFileSync(path, `${JSON.stringify({ source })}\n`);
      return;
    }
    // The last line may have been cut by the interruption.
    const [head = "{}", ...lines] = readFileSync(path, "utf8").split("\n").slice(0, -1);
    const begun = (JSON.parse(head) as { readonly source?: string }).source;
    if (begun !== source) throw new Error(`${path} holds answers of another src/: ${String(begun)}, not ${source}`);
    writeFileSync(path, [head, ...lines, ""].join("\n"));
    for (const line of lines) {
      const { key, answer } = JSON.parse(line) as { readonly key: string; readonly answer: Answer };
      this.#answers.set(key, answer);
    }
  }

  find(asked: Asked): Answer | undefined {
    return this.#answers.get(keyOf(asked));
  }

  add(asked: Asked, answer: Answer): void {
    appendFileSync(this.#path, `${JSON.stringify({ key: keyOf(asked), answer })}\n`);
  }
}

function keyOf({ one, way, seed }: Asked): string {
  return `${one.list} ${one.name} ${way} ${seed}`;
}
