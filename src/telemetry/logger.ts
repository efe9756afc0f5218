import type { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { type Logger as PinoLogger, pino } from "pino";
import { faultText } from "./log-text.js";
import { prettyLine } from "./pretty-line.js";

/** The levels from the most verbose to the quietest. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The forms of the log: one JSON object a line for programs, or lines for people. */
export type LogFormat = "json" | "pretty";

/** The log of every room. Fields come first, and an Error stands under the key `err`. A line never holds a prompt, a generated text or a secret. */
export interface Logger {
  /** Calls `fields` only if the line is written, because the busiest paths log at this level. */
  debug(fields: () => object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Returns a logger that adds `fields` to each of its lines. */
  child(fields: object): Logger;
}

/** The logger that owns the destination. Disposing of it waits, within a bound, until its lines are out. */
export interface RootLogger extends Logger, AsyncDisposable {
  /** The number of lines since the start that the destination did not take in time. */
  readonly droppedLines: number;
}

/** Room for about 5,000 lines. A destination that stands still for longer loses lines and never delays the main thread. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The default is "json". */
  readonly format?: LogFormat;
  /** Gets each line in one write. For a pipe it is a stream that buffers, as `process.stdout` does, and so does not block. */
  readonly destination: Writable & Partial<Pick<WriteStream, "hasColors">>;
  /** Called before each line that is written, for a destination that shows something else meanwhile. */
  readonly beforeLine?: (() => void) | undefined;
  /** The most bytes that wait for the destination. Default 1 MiB. */
  readonly maxBufferedBytes?: number;
}

/**
 * Makes the process's logger, once, on the main thread. A warning with the number of lost lines follows the first line that gets through after a
 * loss.
 */
export function createLogger(options: LoggerOptions): RootLogger {
  const { destination, beforeLine } = options;
  const writer = new LineWriter(destination, options.maxBufferedBytes ?? MAX_BUFFERED_BYTES);
  const isColoured = destination.hasColors?.() === true;
  const toText = (line: string): string => (options.format === "pretty" ? prettyLine(line, isColoured) : line);
  let reportedDrops = 0;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields },
    },
    {
      write: (line) => {
        const unreported = writer.droppedLines - reportedDrops;
        beforeLine?.();
        if (!writer.write(toText(line)) || unreported === 0) return;
        // The count is set first, because the warning passes through here again.
        reportedDrops += unreported;
        logger.warn(
          { droppedLines: writer.droppedLines },
          "log lines were dropped: their destination did not take them",
        );
      },
    },
  );
  return {
    ...toLogger(logger),
    get droppedLines() {
      return writer.droppedLines;
    },
    [Symbol.asyncDispose]: () => flushStream(destination),
  };
}

function toLogger(logger: PinoLogger): Logger {
  return {
    debug: (fields, message) => {
      if (logger.isLevelEnabled("debug")) logger.debug(fields(), message);
    },
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => toLogger(logger.child(fields)),
  };
}

/** Picks the fields of an error that hold no caller's text. Libraries attach all kinds of facts to their errors. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isQuoting = error instanceof SyntaxError;
  return { type: error.name, message: isQuoting ? undefined : error.message, code, stack: faultText(error) };
}

const ignore = (): void => undefined;

/** Logs nothing. Tests use it, and code that runs without a server. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};

/**
 * Writes lines to a stream and never waits for it. Lines that the stream has not taken stay in a buffer of at most `maxBufferedBytes`; lines beyond
 * that are dropped and counted. Once the destination has failed (a closed pipe), all lines are dropped. Writing never throws and never ends the
 * process.
 */
class LineWriter {
  readonly #destination: Writable;
  readonly #maxBufferedBytes: number;
  #droppedLines = 0;
  #failed = false;

  constructor(destination: Writable, maxBufferedBytes: number) {
    this.#destination = destination;
    this.#maxBufferedBytes = maxBufferedBytes;
    destination.on("error", () => {
      this.#failed = true;
    });
  }

  /** The number of lines dropped since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Returns whether the line was taken; otherwise it was dropped. */
  write(line: string): boolean {
    const bufferedBytes = this.#destination.writableLength + Buffer.byteLength(line);
    const isTaken = !this.#failed && bufferedBytes <= this.#maxBufferedBytes;
    if (isTaken) this.#destination.write(line);
    else this.#droppedLines += 1;
    return isTaken;
  }
}

/** A flush waits this long for a reader that does not take the buffered bytes. */
const FLUSH_LIMIT_MS = 500;

/** Resolves when everything written so far is out, when the stream has failed, or after half a second. Never rejects. */
export async function flushStream(stream: Writable): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, FLUSH_LIMIT_MS);
    // The callback comes after every earlier write, or with an error when the stream fails first.
    stream.write("", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

export interface RareWarningOptions {
  readonly log: Logger;
  /** The time, which is monotonic. */
  readonly nowMs: () => number;
  readonly intervalMs: number;
}

/** A warning whose cause may recur thousands of times a second. It is logged the first time, and then at most once in each interval. */
export class RareWarning {
  readonly #options: RareWarningOptions;
  #dueMs = -Infinity;

  constructor(options: RareWarningOptions) {
    this.#options = options;
  }

  /** @param fields called only if the line is written */
  warn(fields: () => object, message: string): void {
    const { log, nowMs, intervalMs } = this.#options;
    const now = nowMs();
    if (now < this.#dueMs) return;
    this.#dueMs = now + intervalMs;
    log.warn(fields(), message);
  }
}
