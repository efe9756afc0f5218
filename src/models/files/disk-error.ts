import { ModelError, type ModelErrorCode } from "./model-error.js";

const CODES = new Map<string, ModelErrorCode>([
  ["ENOSPC", "NO_SPACE"],
  ["EDQUOT", "NO_SPACE"],
]);

/** On the way out they mean that there is no place to write to. */
const READ_CODES = new Map<string, ModelErrorCode>([
  ["ENOENT", "NOT_FOUND"],
  ["ENOTDIR", "NOT_FOUND"],
  ["EISDIR", "NOT_A_FILE"],
]);

/** What the failed call was doing with the path. A refused access means something else on the way in than on the way out. */
export type DiskAction = "read" | "write";

/** The system's error code of something thrown, such as "ENOENT"; undefined when it has none. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** A file system call's failure as a ModelError that names the path. A ModelError passes as it is. */
export function toDiskError(thrown: unknown, action: DiskAction, path: string): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const systemCode = systemCodeOf(thrown);
  const known = CODES.get(systemCode ?? "");
  const code =
    known ?? (action === "read" ? (READ_CODES.get(systemCode ?? "") ?? "NOT_READABLE") : "CACHE_NOT_WRITABLE");
  return new ModelError(code, sentenceFor(code, path, systemCode ?? String(thrown)), thrown);
}

function sentenceFor(code: ModelErrorCode, path: string, detail: string): string {
  switch (code) {
    case "NOT_FOUND":
      return `${path} does not exist`;
    case "NOT_A_FILE":
      return `${path} is a directory, not a model file`;
    case "NO_SPACE":
      return `no space left on the disk (or in the quota) that holds ${path}`;
    case "CACHE_NOT_WRITABLE":
      return detail === "EROFS"
        ? `can't write ${path}: its file system is read-only; choose another cache directory`
        : `can't write ${path} (${detail}); choose another cache directory or mend its permissions`;
    default:
      return `can't read ${path} (${detail})`;
  }
}
