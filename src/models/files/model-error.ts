/** The failures between the name of a model and a file that is fit to load. */
export type ModelErrorCode =
  | "INVALID_MODEL_NAME"
  | "NOT_FOUND"
  | "NOT_READABLE"
  | "NOT_A_FILE"
  | "NOT_A_GGUF"
  | "TRUNCATED"
  | "UNSUPPORTED_VERSION"
  | "UNSUPPORTED_MODEL"
  | "SOURCE_FAILED"
  | "WRONG_CHECKSUM"
  | "NO_SPACE"
  | "CACHE_NOT_WRITABLE"
  | "LOCK_HELD"
  | "LOCK_LOST";

/** The only error of this room, apart from the reason of an aborted signal. `message` is one complete sentence or more, fit to be shown. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ModelError";
    this.code = code;
  }
}

/** The action of the failed call. A refused access means something else for a read than for a write. */
type DiskAction = "read" | "write";

/** Converts the failure of a file system call to a ModelError that names the path. A ModelError stays as it is. */
export function toDiskError(thrown: unknown, action: DiskAction, path: string): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const systemCode = systemCodeOf(thrown);
  const known = CODES.get(systemCode ?? "");
  const code =
    known ?? (action === "read" ? (READ_CODES.get(systemCode ?? "") ?? "NOT_READABLE") : "CACHE_NOT_WRITABLE");
  return new ModelError(code, sentenceFor(code, path, systemCode ?? String(thrown)), thrown);
}

const CODES = new Map<string, ModelErrorCode>([
  ["ENOSPC", "NO_SPACE"],
  ["EDQUOT", "NO_SPACE"],
]);

/** Codes with a meaning of their own for reads. For writes they mean that the folder cannot be written. */
const READ_CODES = new Map<string, ModelErrorCode>([
  ["ENOENT", "NOT_FOUND"],
  ["ENOTDIR", "NOT_FOUND"],
  ["EISDIR", "NOT_A_FILE"],
]);

/** Returns the system's code of a thrown value, such as "ENOENT", or undefined if it has none. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
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
