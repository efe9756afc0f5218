import { setTimeout as delay } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { ModelError, systemCodeOf, toDiskError } from "./model-error.js";

/** A lock that was not renewed for this long belongs to a dead process. */
const STALE_MS = 6_000;
const RENEW_MS = 2_000;
/** The interval of attempts to take the lock, because another process gives no event when it releases it. */
const LOOK_MS = 200;

export interface FileLockOptions {
  /** The file that the lock protects. The file need not exist, but its directory must. The lock is the directory `<path>.lock`. */
  readonly path: string;
  readonly waitLimitMs: number;
  readonly signal: AbortSignal;
  /** Called once if another process holds the lock. */
  readonly onWait: (lockPath: string) => void;
  /** Called when the lock was taken away, because this process stood still for too long. The work under it must end. */
  readonly onLost: (error: ModelError) => void;
}

/**
 * Waits for the right to write one file, among all processes that share its directory. The lock is held until it is disposed of, and is free again
 * within 6 s after its owner was killed.
 *
 * @throws ModelError LOCK_HELD, CACHE_NOT_WRITABLE, NO_SPACE; the signal's reason
 */
export async function acquireFileLock(options: FileLockOptions): Promise<AsyncDisposable> {
  const { path, waitLimitMs, signal, onWait } = options;
  const giveUpAt = performance.now() + waitLimitMs;
  for (let looks = 0; ; looks++) {
    signal.throwIfAborted();
    const acquired = await tryAcquire(options);
    if (acquired !== undefined) return acquired;
    if (looks === 0) onWait(lockPathOf(path));
    if (performance.now() >= giveUpAt) throw heldTooLong(path, waitLimitMs);
    await nextLook(signal);
  }
}

/** Takes the lock, or returns undefined if another process has it. */
async function tryAcquire({ path, onLost }: FileLockOptions): Promise<AsyncDisposable | undefined> {
  const lockPath = lockPathOf(path);
  let isLost = false;
  const onCompromised = (cause: Error): void => {
    isLost = true;
    onLost(
      new ModelError(
        "LOCK_LOST",
        `the lock on ${path} was lost: this process stood still for more than ${STALE_MS / 1000} s`,
        cause,
      ),
    );
  };
  try {
    const release = await lock(path, {
      lockfilePath: lockPath,
      realpath: false,
      stale: STALE_MS,
      update: RENEW_MS,
      onCompromised,
    });
    return {
      [Symbol.asyncDispose]: async () => {
        if (!isLost) await release();
      },
    };
  } catch (error) {
    if (systemCodeOf(error) === "ELOCKED") return undefined;
    throw toDiskError(error, "write", lockPath);
  }
}

async function nextLook(signal: AbortSignal): Promise<void> {
  try {
    await delay(LOOK_MS, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function heldTooLong(path: string, waitLimitMs: number): ModelError {
  const waited = `${Math.round(waitLimitMs / 1000)} s`;
  return new ModelError(
    "LOCK_HELD",
    `another process has been fetching ${path} for more than ${waited}; wait for it or end it (its lock is ${lockPathOf(path)})`,
  );
}

function lockPathOf(path: string): string {
  return `${path}.lock`;
}
