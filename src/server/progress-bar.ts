import cliProgress from "cli-progress";

const MEBIBYTE = 1024 * 1024;
/** Without a terminal, one line is printed for each of this many percent … */
const LINE_STEP_PERCENT = 10;
/** … or, where the whole is unknown, for each of this many bytes. */
const LINE_STEP_BYTES = 100 * MEBIBYTE;

export interface ProgressBarOptions {
  /** Where it is drawn: a bar on a terminal, lines elsewhere. */
  readonly stream: NodeJS.WriteStream;
  /** Stands before the bar. */
  readonly label: string;
  /** Undefined where the whole is unknown. */
  readonly totalBytes: number | undefined;
  /** What was done before: the speed is measured without it. Default 0. */
  readonly startBytes?: number;
}

/** How far something of many bytes has come. Disposing it leaves its last state on the screen. */
export interface ProgressBar extends Disposable {
  /** Cheap: may be called for each block. */
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
    // Signals are for the caller to handle.
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
