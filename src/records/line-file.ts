import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "../machine/make-folders.js";
import type { Clock } from "../sync/clock.js";
import type { Logger } from "../telemetry/logger.js";

/** The mode of the files: lines name callers, so their owner alone may read them. */
const PRIVATE_MODE = 0o600;
/** The most bytes of lines that wait in memory while the file cannot be written. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** The interval between two attempts while the file cannot be written, and the age at which the file's name is checked again. */
const RETRY_MS = 1_000;
/** The interval between two warnings that lines are lost. */
const LOSS_WARNING_MS = 60_000;
/** The longest interval between two looks at the age of the files. */
const AGE_CHECK_MS = 60 * 60_000;
/** The part of the maximum age after which the current file is set aside, so that its first lines can be deleted in time. */
const AGE_SHARE = 1 / 4;
const NEWLINE = 0x0a;
const OPENING_BRACE = 0x7b;
/** The most characters of waiting lines that one write takes. */
const CHUNK_CHARS = 64 * 1024;
/** The most bytes of UTF-8 that one unit of a text takes. */
const MAX_CHAR_BYTES = 3;
/** The bytes that one step reads, at the beginning of a file and while it looks for the last newline. */
const TAIL_BYTES = 64 * 1024;

export interface LineFileOptions {
  /** The name for messages, such as "usage log". */
  readonly name: string;
  readonly path: string;
  /** The size beyond which the file is set aside as `PATH.1`. */
  readonly maxBytes: number;
  /** The number of files, the current one included. The oldest is deleted. */
  readonly maxFiles: number;
  /** The age at which lines are deleted; 0: never. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  /** The time of day, in ms since the epoch. */
  readonly wallNowMs: () => number;
  readonly log: Logger;
}

/** The state of a file of lines, for the metrics. The counts are since the start. */
export interface LineFileReport {
  readonly writtenLines: number;
  /** The lines in memory that the file has yet to take. */
  readonly waitingLines: number;
  readonly lostLines: number;
}

interface OpenFile {
  readonly descriptor: number;
  readonly inode: number;
  bytes: number;
  /** The time of the first line, or undefined while there is none. */
  firstLineMs: number | undefined;
}

/**
 * Appends lines to a file. A line is in the file, as far as the operating system shows it to other processes, when `append` returns; only a crash of the
 * machine can lose it. While the file cannot be written, lines wait in memory within a bound, in their order, and the file gets them when it can be written
 * again. The file is set aside when it is full or old, and a file that another program has renamed or removed is made anew. Main thread.
 */
export class LineFile implements Disposable {
  readonly #options: LineFileOptions;
  readonly #waiting: string[] = [];
  #waitingBytes = 0;
  #writtenLines = 0;
  #lostLines = 0;
  #file: OpenFile | undefined;
  #checkedAtMs = 0;
  #warnedAtMs = -Infinity;
  #isFailing = false;
  #retryTimer: Disposable | undefined;
  #ageTimer: Disposable | undefined;

  private constructor(options: LineFileOptions) {
    this.#options = options;
  }

  /**
   * Opens or makes the file, and cuts an unfinished last line off, which a crash of the machine may have left. A file of another program is left as it is.
   * @throws Error with the path and the reason
   */
  static open(options: LineFileOptions): LineFile {
    const { name } = options;
    let file: LineFile;
    try {
      makeFolders(dirname(options.path), 0o700);
      // Where the path is a link, the file is set aside beside itself, and the link stays.
      closeSync(openSync(options.path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, PRIVATE_MODE));
      file = new LineFile({ ...options, path: realpathSync(options.path) });
      file.#file = file.#openFile();
    } catch (error) {
      throw new Error(`the ${name} cannot be written: ${messageOf(error)}`, { cause: error });
    }
    file.#deleteOld();
    return file;
  }

  get report(): LineFileReport {
    return { writtenLines: this.#writtenLines, waitingLines: this.#waiting.length, lostLines: this.#lostLines };
  }

  /** Whether the last attempt to write failed. Lines wait in memory meanwhile. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Appends one line, to which a newline is added. It never throws. @param line a text without newlines */
  append(line: string): void {
    const text = `${line}\n`;
    if (this.#isFailing) this.#keep(text);
    else if (!this.#tryWrite(text, 1)) this.#keep(text);
  }

  /** Makes a last attempt to write the lines that wait, and closes the file. */
  [Symbol.dispose](): void {
    this.#retryTimer?.[Symbol.dispose]();
    this.#ageTimer?.[Symbol.dispose]();
    if (this.#waiting.length > 0) this.#flush();
    const { name, path, log } = this.#options;
    const lines = this.#waiting.length;
    if (lines > 0) log.error({ path, lines }, `the ${name} could not be written, and its last lines are lost`);
    this.#close();
  }

  #keep(text: string): void {
    const { name, path, clock, log } = this.#options;
    this.#retryTimer ??= clock.startTimer(RETRY_MS, () => this.#retry());
    if (this.#waitingBytes + text.length <= MAX_WAITING_BYTES) {
      this.#waiting.push(text);
      this.#waitingBytes += text.length;
      return;
    }
    this.#lostLines += 1;
    const nowMs = clock.nowMs();
    if (nowMs - this.#warnedAtMs < LOSS_WARNING_MS) return;
    this.#warnedAtMs = nowMs;
    log.error({ path, lostLines: this.#lostLines }, `lines of the ${name} are lost, because it cannot be written`);
  }

  #retry(): void {
    this.#retryTimer = undefined;
    this.#flush();
    if (this.#isFailing) this.#retryTimer = this.#options.clock.startTimer(RETRY_MS, () => this.#retry());
  }

  /** Writes the lines that wait, oldest first and many at a time, until some cannot be written. */
  #flush(): void {
    let done = 0;
    while (done < this.#waiting.length) {
      const lines = this.#nextChunk(done);
      const text = lines.join("");
      if (!this.#tryWrite(text, lines.length)) break;
      this.#waitingBytes -= text.length;
      done += lines.length;
    }
    this.#waiting.splice(0, done);
  }

  /** Returns the waiting lines from an index on that one write takes: at least one, and no more than a file has room for. */
  #nextChunk(from: number): readonly string[] {
    const most = Math.min(CHUNK_CHARS, (this.#options.maxBytes - (this.#file?.bytes ?? 0)) / MAX_CHAR_BYTES);
    let end = from;
    let chars = 0;
    do {
      chars += this.#waiting[end]?.length ?? 0;
      end += 1;
    } while (end < this.#waiting.length && chars + (this.#waiting[end]?.length ?? 0) <= most);
    return this.#waiting.slice(from, end);
  }

  #tryWrite(text: string, lines: number): boolean {
    const { name, path, log } = this.#options;
    try {
      this.#write(text, lines);
    } catch (err) {
      if (!this.#isFailing) log.error({ path, err }, `the ${name} cannot be written; its lines wait in memory`);
      this.#isFailing = true;
      return false;
    }
    if (this.#isFailing) log.info({ path }, `the ${name} can be written again`);
    this.#isFailing = false;
    return true;
  }

  #write(text: string, lines: number): void {
    const { maxBytes, wallNowMs } = this.#options;
    const bytes = Buffer.from(text);
    let file = this.#current();
    if (file.bytes > 0 && file.bytes + bytes.length > maxBytes) file = this.#rotate(file);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(file.descriptor, bytes, written);
    } catch (error) {
      // A disk that is nearly full takes the beginning of a line. The file must not keep it, because the line is written whole later.
      if (written > 0) ftruncateSync(file.descriptor, fstatSync(file.descriptor).size - written);
      throw error;
    }
    file.bytes += bytes.length;
    file.firstLineMs ??= wallNowMs();
    this.#writtenLines += lines;
  }

  /** Returns the open file, or opens it anew if its name stands for another file or for none. */
  #current(): OpenFile {
    const { path, clock } = this.#options;
    const nowMs = clock.nowMs();
    if (this.#file !== undefined && nowMs - this.#checkedAtMs >= RETRY_MS) {
      this.#checkedAtMs = nowMs;
      if (statSync(path, { throwIfNoEntry: false })?.ino !== this.#file.inode) this.#close();
    }
    this.#file ??= this.#openFile();
    return this.#file;
  }

  #openFile(): OpenFile {
    const { path, clock, name, log } = this.#options;
    const descriptor = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, PRIVATE_MODE);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) throw new Error(`${path} is no regular file`);
      const { ino: inode, size } = stats;
      if (!holdsRecords(descriptor, size)) {
        throw new Error(`${path} does not begin with a line of JSON, so that it is no ${name}: name another path`);
      }
      const bytes = endOfLastLine(descriptor, size);
      if (bytes < size) {
        ftruncateSync(descriptor, bytes);
        log.warn({ path, bytes: size - bytes }, `an unfinished last line of the ${name} was cut off`);
      }
      this.#checkedAtMs = clock.nowMs();
      return { descriptor, inode, bytes, firstLineMs: bytes === 0 ? undefined : birthOf(stats) };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file.descriptor);
  }

  /** Sets the current file aside and starts an empty one. If that fails, the current file goes on growing. */
  #rotate(current: OpenFile): OpenFile {
    const { path, maxFiles, name, log } = this.#options;
    try {
      for (let index = maxFiles - 1; index > 0; index -= 1) {
        const from = index === 1 ? path : asideName(path, index - 1);
        if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, asideName(path, index));
      }
      if (maxFiles === 1) rmSync(path, { force: true });
    } catch (err) {
      log.warn({ path, err }, `the ${name} could not be set aside, and goes on growing`);
      // The next attempt comes after as many bytes again.
      current.bytes = 0;
      return current;
    }
    this.#close();
    this.#file = this.#openFile();
    return this.#file;
  }

  /** Deletes the files whose last line is too old, and sets the current file aside in time. */
  #deleteOld(): void {
    const { path, maxAgeMs, maxFiles, clock, wallNowMs, name, log } = this.#options;
    if (maxAgeMs === 0) return;
    try {
      const file = this.#current();
      if (file.firstLineMs !== undefined && wallNowMs() - file.firstLineMs >= maxAgeMs * AGE_SHARE) this.#rotate(file);
      for (let index = 1; index < maxFiles; index += 1) {
        const aside = statSync(asideName(path, index), { throwIfNoEntry: false });
        if (aside !== undefined && wallNowMs() - aside.mtimeMs >= maxAgeMs) rmSync(asideName(path, index));
      }
    } catch (err) {
      log.warn({ path, err }, `old files of the ${name} could not be deleted`);
    }
    const nextMs = Math.min(AGE_CHECK_MS, maxAgeMs * AGE_SHARE);
    this.#ageTimer = clock.startTimer(nextMs, () => this.#deleteOld());
  }
}

/** The name of a file that was set aside. Higher numbers are older. */
function asideName(path: string, index: number): string {
  return `${path}.${index}`;
}

/** Returns the time at which a file was made, or of its last line on file systems that do not keep the former. */
function birthOf({ birthtimeMs, mtimeMs }: Stats): number {
  return birthtimeMs > 0 ? birthtimeMs : mtimeMs;
}

/** Returns whether a file is empty or begins with an object of JSON. A crash of the machine may have left NULs in place of the first line. */
function holdsRecords(descriptor: number, size: number): boolean {
  const chunk = Buffer.alloc(Math.min(TAIL_BYTES, size));
  const read = readSync(descriptor, chunk, 0, chunk.length, 0);
  const first = chunk.subarray(0, read).find((byte) => byte !== 0);
  return first === undefined || first === OPENING_BRACE;
}

/** Returns the position behind the last newline of a file, or 0 if it has none. */
function endOfLastLine(descriptor: number, size: number): number {
  const chunk = Buffer.alloc(Math.min(TAIL_BYTES, size));
  for (let end = size; end > 0; end -= chunk.length) {
    const start = Math.max(0, end - chunk.length);
    const read = readSync(descriptor, chunk, 0, end - start, start);
    const found = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (found >= 0) return start + found + 1;
  }
  return 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
