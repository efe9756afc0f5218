/** The longest time of a Node timer. A longer deadline is as good as none. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const TIMEOUT_PATTERN = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
/** The most digits that the header may have. */
const MAX_DIGITS_VALUE = 99_999_999;

/**
 * Parses a `grpc-timeout` header to milliseconds, clamped to the longest time of a timer. Returns undefined for a malformed one. The gRPC protocol
 * defines the form: up to eight digits and a unit.
 */
export function parseGrpcTimeout(header: string): number | undefined {
  const [, digits, unit = ""] = TIMEOUT_PATTERN.exec(header) ?? [];
  if (digits === undefined) return undefined;
  return Math.min(Number(digits) * (UNIT_MS[unit] ?? 0), MAX_TIMEOUT_MS);
}

/** Formats a timeout for a `grpc-timeout` header, in milliseconds, or in seconds if those need too many digits. It rounds up. */
export function formatGrpcTimeout(timeoutMs: number): string {
  const wholeMs = Math.ceil(Math.min(timeoutMs, MAX_TIMEOUT_MS));
  if (wholeMs <= MAX_DIGITS_VALUE) return `${wholeMs}m`;
  return `${Math.min(Math.ceil(wholeMs / 1_000), Math.floor(MAX_TIMEOUT_MS / 1_000))}S`;
}
