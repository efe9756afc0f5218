import { statSync } from "node:fs";

/** The identity and the contents' mark of a file at one moment. Main thread. */
export class FileMark {
  readonly #path: string;
  readonly #then: ReturnType<typeof lookAt>;

  constructor(path: string) {
    this.#path = path;
    this.#then = lookAt(path);
  }

  /** Whether the same file has other contents now. Renaming another file over it, or removing it, does not disturb those that have it open. */
  get wasOverwritten(): boolean {
    const now = lookAt(this.#path);
    if (now === undefined || this.#then === undefined || now.file !== this.#then.file) return false;
    return now.contents !== this.#then.contents;
  }
}

function lookAt(path: string): { readonly file: string; readonly contents: string } | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return undefined;
  return { file: `${stats.dev}:${stats.ino}`, contents: `${stats.size}:${stats.mtimeNs}` };
}
