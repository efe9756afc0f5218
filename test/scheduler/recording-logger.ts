import type { Logger, LogLevel } from "../../src/telemetry/logger.js";

/** A line as it was logged. */
export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what is logged, so that a test can look at it. */
export class RecordingLogger implements Logger {
  readonly lines: LoggedLine[] = [];

  debug(fields: () => object, message: string): void {
    this.lines.push({ level: "debug", message, fields: { ...fields() } });
  }

  info(fields: object, message: string): void {
    this.lines.push({ level: "info", message, fields: { ...fields } });
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: "warn", message, fields: { ...fields } });
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: "error", message, fields: { ...fields } });
  }

  child(): Logger {
    return this;
  }

  /** The lines that tell of this generation, without those for debugging. */
  about(generationId: string): LoggedLine[] {
    return this.lines.filter((line) => line.level !== "debug" && line.fields.generationId === generationId);
  }
}
