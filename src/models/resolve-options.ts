import { resolve } from "node:path";

import { CATALOGUE, type CatalogueEntry } from "./download/catalogue.js";
import { type MeasureFreeBytes, measureFreeBytes } from "./files/disk-space.js";
import { HUB_CONNECT_LIMIT_MS, HUB_ORIGIN } from "./download/hub-source.js";
import { PYTHON_COMMANDS } from "./download/pip-source.js";
import type { PullListener } from "./download/pull-event.js";

export interface ResolveModelOptions {
  /** The folder of fetched models. It is made if it is missing. */
  readonly cacheDir: string;
  /** Ends the work and removes half-done files. */
  readonly signal: AbortSignal;
  readonly onEvent: PullListener;
  /** Hash the file even if its digest is on record. Default false. */
  readonly rehash?: boolean;
  /** The scheme, host and port of the hub or of a mirror. Default: the hub. */
  readonly hubOrigin?: string;
  /** The hub has this long to answer. Default 5 s. */
  readonly hubConnectLimitMs?: number;
  /** The longest wait for another process that fetches the same file. Default 30 min. */
  readonly lockWaitLimitMs?: number;
  /** The Python interpreters to try. Default `python3`, `python`. */
  readonly pythonCommands?: readonly string[];
  /** Measures free disk space. Default: asks the file system. */
  readonly measureFreeBytes?: MeasureFreeBytes;
  /** The models that have names. Default: the built-in ones. */
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
