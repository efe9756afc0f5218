import cliProgress from "cli-progress";
import type { PullEvent, SourceName } from "../models/download/pull-event.js";

const SOURCES: Readonly<Record<SourceName, string>> = {
  hub: "the model hub",
  pip: "the Python package index, through pip",
};

const MEBIBYTE = 1024 * 1024;

/** Shows the progress of a model's download and check, for `rill pull` and for the first start of `rill serve`. Disposing it ends its bar. */
export interface PullReporter extends Disposable {
  readonly onEvent: (event: PullEvent) => void;
  /** Ends the bar, so that other text can follow on a line of its own. The next progress begins a new bar. */
  readonly endBar: () => void;
}

type ProgressKind = "receiving" | "unpacking" | "hashing";

const PROGRESS_LABELS: Readonly<Record<ProgressKind, string>> = {
  receiving: "receiving",
  unpacking: "unpacking",
  hashing: "checking SHA-256",
};

/** @param stream the output, usually standard error so that standard output is free for results: a bar if it is a terminal, lines otherwise */
export function createPullReporter(stream: NodeJS.WriteStream): PullReporter {
  let bar: ProgressBar | undefined;
  let startBytes = 0;
  const endBar = (): void => {
    bar?.[Symbol.dispose]();
    bar = undefined;
  };
  const onEvent = (event: PullEvent): void => {
    if (isProgress(event)) {
      const { doneBytes, totalBytes } = event;
      bar ??= createProgressBar({ stream, label: PROGRESS_LABELS[event.kind], totalBytes, startBytes });
      bar.update(doneBytes);
      startBytes = doneBytes;
      if (doneBytes !== totalBytes) return;
      endBar();
      startBytes = 0;
      return;
    }
    endBar();
    startBytes = event.kind === "resuming" ? event.doneBytes : 0;
    stream.write(`${sentenceFor(event)}\n`);
  };
  return { onEvent, endBar, [Symbol.dispose]: endBar };
}

function isProgress(event: PullEvent): event is Extract<PullEvent, { readonly kind: ProgressKind }> {
  return event.kind in PROGRESS_LABELS;
}

function sentenceFor(event: Exclude<PullEvent, { readonly kind: ProgressKind }>): string {
  switch (event.kind) {
    case "waiting":
      return `another process is downloading this model; waiting for it (${event.lockPath})`;
    case "fetching": {
      const size = event.totalBytes === undefined ? "" : `, ${toMib(event.totalBytes)} MiB,`;
      return `downloading the model${size} from ${SOURCES[event.source]}: ${event.address}`;
    }
    case "resuming":
      return `resuming after ${toMib(event.doneBytes)} MiB`;
    case "broken-off":
      return `${SOURCES[event.source]}: ${event.reason}; requesting the rest`;
    case "source-failed":
      return `${SOURCES[event.source]}: ${event.reason}`;
    case "discarded":
      return `removed ${event.path}: ${event.reason}`;
    case "not-recorded":
      return `the digest cannot be stored, so the next start will check the file again: ${event.reason}`;
  }
}

/** Without a terminal, a line follows each time this many percent are done. */
const LINE_STEP_PERCENT = 10;
/** If the total is unknown, a line follows each time this many bytes are done. */
const LINE_STEP_BYTES = 100 * MEBIBYTE;

interface ProgressBarOptions {
  /** The output: a bar if it is a terminal, lines otherwise. */
  readonly stream: NodeJS.WriteStream;
  /** The text before the bar. */
  readonly label: string;
  /** The total, or undefined if it is unknown. */
  readonly totalBytes: number | undefined;
  /** The bytes that were done before the start, which do not count for the speed. The default is 0. */
  readonly startBytes?: number;
}

/** Shows the progress of a transfer. Disposing it leaves its last state on the screen. */
interface ProgressBar extends Disposable {
  /** Cheap enough to be called for every block. */
  update(doneBytes: number): void;
}

export function createProgressBar(options: ProgressBarOptions): ProgressBar {
  return options.stream.isTTY && options.totalBytes !== undefined
    ? createBar(options, options.totalBytes)
    : createLines(options);
}

function createBar({ stream, label, startBytes = 0 }: ProgressBarOptions, totalBytes: number): ProgressBar {
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${label} {bar} {percentage} % of ${toMib(totalBytes)} MiB, {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    // The caller handles signals.
    gracefulExit: false,
  });
  bar.start(totalBytes, startBytes);
  return { update: (doneBytes) => bar.update(doneBytes), [Symbol.dispose]: () => bar.stop() };
}

function createLines({ stream, label, totalBytes, startBytes = 0 }: ProgressBarOptions): ProgressBar {
  let stepsShown = stepsOf(startBytes, totalBytes);
  const update = (doneBytes: number): void => {
    const steps = stepsOf(doneBytes, totalBytes);
    if (steps <= stepsShown) return;
    stepsShown = steps;
    const done = `${toMib(doneBytes)} MiB`;
    stream.write(
      totalBytes === undefined ? `${label} ${done}\n` : `${label} ${steps * LINE_STEP_PERCENT} % (${done})\n`,
    );
  };
  return { update, [Symbol.dispose]: () => undefined };
}

function stepsOf(doneBytes: number, totalBytes: number | undefined): number {
  if (totalBytes === undefined) return Math.floor(doneBytes / LINE_STEP_BYTES);
  return Math.floor((doneBytes / totalBytes) * (100 / LINE_STEP_PERCENT));
}

function toMib(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
