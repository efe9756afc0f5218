/** The closed, published list of ErrorInfo reasons. grpc/status/ maps each to one gRPC status. */
export const ERROR_CODES = [
  "INVALID_REQUEST",
  "UNDECODABLE_MESSAGE",
  "INPUT_TOO_LONG",
  "UNSUPPORTED_ENCODING",
  "MALFORMED_FRAME",
  "MESSAGE_TOO_LARGE",
  "TOO_MANY_REQUEST_BYTES",
  "METADATA_TOO_LARGE",
  "RESPONSE_TOO_LARGE",
  "TOO_MANY_RESPONSE_BYTES",
  "UNAUTHENTICATED",
  "IDENTITY_UNAVAILABLE",
  "PERMISSION_DENIED",
  "CREDENTIALS_REVOKED",
  "MODEL_MISMATCH",
  "REQUEST_ID_IN_USE",
  "IDEMPOTENCY_KEY_REUSED",
  "TAKEN_OVER",
  "GENERATION_NOT_FOUND",
  "SESSION_NOT_FOUND",
  "TURN_NOT_FOUND",
  "REVISION_MISMATCH",
  "SESSION_BUSY",
  "NOTHING_TO_CONTINUE",
  "TURN_ENDED",
  "LEASE_LOST",
  "TOO_MANY_SESSIONS",
  "SESSION_FULL",
  "STORE_UNAVAILABLE",
  "QUEUE_FULL",
  "QUOTA_EXCEEDED",
  "MAX_WAIT",
  "TOO_MANY_CALLS",
  "USAGE_LOG_UNAVAILABLE",
  "TOO_MANY_WATCHERS",
  "STARTING",
  "DRAINING",
  "DRAINED",
  "ENGINE_LOST",
  "ENGINE_FAULT",
  "SLOW_READER",
  "DEADLINE_EXCEEDED",
  "CANCELLED_BY_REQUEST",
  "CANCELLED",
  "INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface GenerationErrorDetails {
  /** Every violation of an INVALID_REQUEST or INPUT_TOO_LONG. */
  readonly violations?: readonly FieldViolation[];
  /** The bound of the caller's tenant that a QUOTA_EXCEEDED names. */
  readonly quota?: QuotaViolation;
  /** The time after which a retry may succeed. */
  readonly retryAfterMs?: number;
  /** Facts for ErrorInfo.metadata, such as limits and counts. They contain neither secrets nor internals. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The cause, which only the log shows. */
  readonly cause?: unknown;
}

/** A bound that the use of one subject would pass. */
export interface QuotaViolation {
  /** The bound's owner, such as `tenant:acme`. */
  readonly subject: string;
  /** The bound's name, limit and use. */
  readonly description: string;
}

/** The codes of faults, whose stack the log shows. Any other error is an answer, and its stack would cost more than the rest of it. */
const FAULTS: ReadonlySet<ErrorCode> = new Set(["INTERNAL", "ENGINE_FAULT"]);

/**
 * The only error that a caller sees. `message` is safe to show, and `cause` has everything else. Only faults have the frames of a stack, and a cause keeps
 * its own.
 */
export class GenerationError extends Error {
  readonly code: ErrorCode;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly quota: QuotaViolation | undefined;
  readonly facts: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, details: GenerationErrorDetails = {}) {
    const { stackTraceLimit } = Error;
    if (!FAULTS.has(code)) Error.stackTraceLimit = 0;
    super(message, { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "GenerationError";
    this.code = code;
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.quota = details.quota;
    this.facts = details.facts ?? {};
  }

  /** Converts any thrown value. A GenerationError stays, and everything else becomes INTERNAL with a fixed text and the original as its cause. */
  static from(thrown: unknown): GenerationError {
    if (thrown instanceof GenerationError) return thrown;
    return new GenerationError("INTERNAL", "internal error", { cause: thrown });
  }
}

/** The error of a call whose credentials the operator has removed, before it or while it runs. */
export function credentialsRevoked(): GenerationError {
  return new GenerationError("CREDENTIALS_REVOKED", "the operator has revoked the credentials of the call");
}

/** A bound of a tenant that a call would pass. */
interface PassedQuota {
  readonly tenant: string;
  /** The name of the bound in the tenants file. */
  readonly quota: string;
  readonly limit: number;
  readonly used: number;
  readonly message: string;
  /** undefined if no wait would help. */
  readonly retryAfterMs: number | undefined;
}

/** The error of a call that would pass a bound of its tenant. */
export function quotaExceeded({ tenant, quota, limit, used, message, retryAfterMs }: PassedQuota): GenerationError {
  return new GenerationError("QUOTA_EXCEEDED", message, {
    facts: { quota, limit: String(limit), used: String(used) },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    quota: { subject: `tenant:${tenant}`, description: `${quota}: limit ${limit}, used ${used}` },
  });
}

/** A violation of one field. `description` names the value and the bound. */
export interface FieldViolation {
  /** The path in the proto, such as `sampling.temperature` or `chat.messages[2].role`. */
  readonly field: string;
  readonly description: string;
}

/** The most violations that are collected, since a hostile message of 4 MiB can have two million. */
const MAX_COLLECTED = 1_000;
/** The most JSON values in all texts of one request together. The tools and calls of a long conversation have a tenth of this. */
export const MAX_JSON_VALUES = 65_536;

/** Collects the violations of one request, so that its caller gets all of them at once, and counts the JSON values that were parsed. */
export class Violations {
  readonly #list: FieldViolation[] = [];
  #jsonValues = 0;

  get list(): readonly FieldViolation[] {
    return this.#list;
  }

  /** Whether no more violations are kept, so that the check can stop. */
  get full(): boolean {
    return this.#list.length >= MAX_COLLECTED;
  }

  /** @param description names the value, if it is short, and the bound */
  add(field: string, description: string): void {
    if (!this.full) this.#list.push({ field, description });
  }

  /** Counts more values. Returns false if the request now has more than MAX_JSON_VALUES. */
  countJsonValues(values: number): boolean {
    this.#jsonValues += values;
    return this.#jsonValues <= MAX_JSON_VALUES;
  }

  /** @throws GenerationError INVALID_REQUEST that names every field */
  throwIfAny(): void {
    if (this.#list.length > 0) throw invalidRequest(this.#list);
  }
}

/** The error of a request with these violations, at least one. */
export function invalidRequest(violations: readonly FieldViolation[]): GenerationError {
  const [first, ...others] = violations;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new GenerationError("INVALID_REQUEST", `${first?.field ?? ""} ${first?.description ?? ""}${more}`, {
    violations,
  });
}

/** An invalid input of the caller. The prepare worker throws it and answers with `refused`. */
export class InputRefusal extends Error {
  readonly violation: FieldViolation;

  constructor(field: string, description: string) {
    super(`${field}: ${description}`);
    this.name = "InputRefusal";
    this.violation = { field, description };
  }
}
