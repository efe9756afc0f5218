import cliProgress from "cli-progress";

const MEBIBYTE = 1024 * 1024;
/** Without a terminal, a line follows each time this many percent are done. */
const LINE_STEP_PERCENT = 10;
/** If the total is unknown, a line follows each time this many bytes are done. */
const LINE_STEP_BYTES = 100 * MEBIBYTE;

export interface ProgressBarOptions {
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
export interface ProgressBar extends Disposable {
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
