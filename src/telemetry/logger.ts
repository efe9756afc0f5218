import type { Writable } from "node:stream";
import { type Logger as PinoLogger, pino } from "pino";
import { faultText } from "./log-text.js";
import { flushStream, LineWriter } from "./line-writer.js";

/** From the most talkative to the quietest. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every room logs through. Fields come first; an Error stands under the key `err`. Never a prompt, a generated text or a secret. */
export interface Logger {
  /** `fields` is called only where the line is written: the busiest paths say something here that mostly nobody reads. */
  debug(fields: () => object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: object): Logger;
}

/** The logger that owns the destination. Disposing it waits, within a bound, until its lines are out. */
export interface RootLogger extends Logger, AsyncDisposable {
  /** Lines that the destination did not take in time, since the start. */
  readonly droppedLines: number;
}

/** About 5,000 lines. A destination that stands still for longer loses lines; it never holds the main thread up. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Gets one JSON object a line. For a pipe, a stream that buffers (as `process.stdout` does) and so does not block. */
  readonly destination: Writable;
  /** Bound of what waits for the destination. Default 1 MiB. */
  readonly maxBufferedBytes?: number;
}

/** Made once by main.ts, on the main thread. The first line that gets through after a loss says how many were lost. */
export function createLogger(options: LoggerOptions): RootLogger {
  const writer = new LineWriter(options.destination, options.maxBufferedBytes ?? MAX_BUFFERED_BYTES);
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
        if (!writer.write(line) || unreported === 0) return;
        // Set first: the warning comes back through here.
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
    [Symbol.asyncDispose]: () => flushStream(options.destination),
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

/** Of an error only what is known to hold no caller's text: libraries hang all kinds of facts on theirs. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isQuoting = error instanceof SyntaxError;
  return { type: error.name, message: isQuoting ? undefined : error.message, code, stack: faultText(error) };
}

const ignore = (): void => undefined;

/** Says nothing. For tests, and for parts used without a server. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
