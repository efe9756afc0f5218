import type { PullEvent, SourceName } from "../models/download/pull-event.js";
import { createProgressBar, type ProgressBar } from "./progress-bar.js";

const SOURCES: Readonly<Record<SourceName, string>> = {
  hub: "the hub",
  pip: "the Python package index, through pip",
};

const MEBIBYTE = 1024 * 1024;

/** Shows people how a model is made ready. Used by `rill pull` and by the first start of `rill serve`. Disposing it ends a bar that still stands. */
export interface PullReporter extends Disposable {
  readonly onEvent: (event: PullEvent) => void;
}

/** @param stream where it is shown: a bar on a terminal, lines elsewhere; standard error, so that standard output stays for results */
export function createPullReporter(stream: NodeJS.WriteStream): PullReporter {
  let bar: ProgressBar | undefined;
  let startBytes = 0;
  const endBar = (): void => {
    bar?.[Symbol.dispose]();
    bar = undefined;
  };
  const onEvent = (event: PullEvent): void => {
    if (event.kind === "receiving" || event.kind === "hashing") {
      const label = event.kind === "receiving" ? "receiving" : "checking SHA-256";
      bar ??= createProgressBar({ stream, label, totalBytes: event.totalBytes, startBytes });
      bar.update(event.doneBytes);
      if (event.doneBytes === event.totalBytes) endBar();
      return;
    }
    endBar();
    startBytes = event.kind === "resuming" ? event.doneBytes : 0;
    stream.write(`${sentenceFor(event)}\n`);
  };
  return { onEvent, [Symbol.dispose]: endBar };
}

function sentenceFor(event: Exclude<PullEvent, { kind: "receiving" | "hashing" }>): string {
  switch (event.kind) {
    case "waiting":
      return `another process is fetching this model; waiting for it (${event.lockPath})`;
    case "fetching":
      return `fetching ${event.address} from ${SOURCES[event.source]}`;
    case "resuming":
      return `going on from ${(event.doneBytes / MEBIBYTE).toFixed(1)} MiB, which are here already`;
    case "broken-off":
      return `${SOURCES[event.source]}: ${event.reason}; asking for the rest`;
    case "source-failed":
      return `${SOURCES[event.source]}: ${event.reason}`;
    case "discarded":
      return `removed ${event.path}: ${event.reason}`;
    case "not-recorded":
      return `the digest can't be remembered, so the next start will check the file again: ${event.reason}`;
  }
}
