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
