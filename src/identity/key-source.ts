import type { Clock } from "../sync/clock.js";
import { type Logger, RareWarning } from "../telemetry/logger.js";
import { type KeySet, parseKeySet } from "./key-set.js";
import { WatchedFile } from "./watched-file.js";

/** A JWKS of a hundred RSA keys with their certificates takes about 400 KiB. */
const MAX_JWKS_BYTES = 512 * 1024;
const REFRESH_INTERVAL_MS = 5 * 60_000;
/** The time between two fetches, however many tokens name unknown keys, and the time after which a failed fetch is repeated. */
export const MIN_FETCH_INTERVAL_MS = 10_000;
const FETCH_LIMIT_MS = 10_000;
const WARNING_INTERVAL_MS = 60_000;

export interface KeySourceOptions {
  /** The path of a JWKS file, or the URL of one. */
  readonly location: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * The issuer's keys, on the main thread. No call waits for them. A file is read at the start and when it changes. A URL is fetched at the start, every five
 * minutes, on SIGHUP, and soon after a token has named an unknown key. The last valid keys stay in use if a reading fails.
 */
export class KeySource implements Disposable {
  readonly name = "jwt-keys";
  readonly #options: KeySourceOptions;
  readonly #file: WatchedFile | undefined;
  readonly #warning: RareWarning;
  #keys: KeySet | undefined;
  #text = "";
  #timer: Disposable | undefined;
  #fetchedMs = -Infinity;
  #fetching: Promise<void> | undefined;
  #isOver = false;

  private constructor(options: KeySourceOptions) {
    const { location, log, clock } = options;
    this.#options = options;
    this.#warning = new RareWarning({ log, nowMs: () => clock.nowMs(), intervalMs: WARNING_INTERVAL_MS });
    if (isUrl(location)) return;
    const onChange = (): Promise<void> => this.#reloadQuietly();
    this.#file = new WatchedFile({ path: location, maxBytes: MAX_JWKS_BYTES, clock, onChange });
  }

  /**
   * Reads a file, or begins to fetch a URL. The server starts without the keys of a URL, because the issuer may be away for a while.
   * @throws Error with the path if the file cannot be read or is no JWKS
   */
  static async start(options: KeySourceOptions): Promise<KeySource> {
    const source = new KeySource(options);
    if (source.#file === undefined) void source.#reloadQuietly();
    else await source.reload();
    source.#file?.watch();
    return source;
  }

  /** The keys, or undefined until they could be loaded for the first time. */
  get keys(): KeySet | undefined {
    return this.#keys;
  }

  /** Fetches the keys again for a token with an unknown key, at most every ten seconds. A file is watched anyway. */
  noteUnknownKey(): void {
    if (this.#file !== undefined || this.#fetching !== undefined) return;
    if (this.#options.clock.nowMs() - this.#fetchedMs >= MIN_FETCH_INTERVAL_MS) void this.#reloadQuietly();
  }

  /** @throws Error with the location and the fault; the old keys stay in use */
  reload(): Promise<void> {
    this.#fetching ??= this.#read().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    this.#file?.[Symbol.dispose]();
  }

  async #reloadQuietly(): Promise<void> {
    const { location } = this.#options;
    try {
      await this.reload();
    } catch (err) {
      const state = this.#keys === undefined ? "callers with tokens are refused" : "the last keys stay in use";
      this.#warning.warn(() => ({ location, err }), `the keys for tokens could not be loaded, and ${state}`);
    }
  }

  async #read(): Promise<void> {
    const { location, log, clock } = this.#options;
    this.#fetchedMs = clock.nowMs();
    try {
      const text = await (this.#file?.read() ?? fetchText(location));
      if (this.#isOver || text === this.#text) return;
      const keys = parseKeySet(text);
      this.#keys = keys;
      this.#text = text;
      log.info({ location, keys: keys.keys.length, ignored: keys.ignored }, "keys for tokens loaded");
    } catch (cause) {
      throw new Error(`the JWKS ${location} is not usable: ${describeFault(cause)}`, { cause });
    } finally {
      this.#scheduleFetch();
    }
  }

  #scheduleFetch(): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#isOver || this.#file !== undefined) return;
    const delayMs = this.#keys === undefined ? MIN_FETCH_INTERVAL_MS : REFRESH_INTERVAL_MS;
    this.#timer = this.#options.clock.startTimer(delayMs, () => void this.#reloadQuietly());
  }
}

/** Whether a location is a URL of a JWKS: https, or http on this machine. */
function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/** @throws Error for another status than 200, a redirect, a slow or a large response */
async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: "application/jwk-set+json, application/json" },
    // A redirect could lead away from the host that the operator named.
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_LIMIT_MS),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the issuer responds with HTTP status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_JWKS_BYTES) throw new Error(`the response has over ${MAX_JWKS_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The message of a fault, with its cause, in which `fetch` hides what went wrong. */
function describeFault(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  return fault.cause instanceof Error && fault.message === "fetch failed"
    ? `${fault.message}: ${fault.cause.message}`
    : fault.message;
}
