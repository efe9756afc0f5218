import { inspect } from "node:util";
import type { Logger } from "../../src/telemetry/logger.js";

/** A logger that keeps the fields and the message of every line as text. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];

  debug(fields: object, message: string): void {
    this.#record(fields, message);
  }

  info(fields: object, message: string): void {
    this.#record(fields, message);
  }

  warn(fields: object, message: string): void {
    this.#record(fields, message);
  }

  error(fields: object, message: string): void {
    this.#record(fields, message);
  }

  child(): Logger {
    return this;
  }

  #record(fields: object, message: string): void {
    this.lines.push(`${message} ${inspect(fields)}`);
  }
}
