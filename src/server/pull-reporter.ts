import type { PullEvent, SourceName } from "../models/download/pull-event.js";
import { createProgressBar, type ProgressBar } from "./progress-bar.js";

const SOURCES: Readonly<Record<SourceName, string>> = {
  hub: "the hub",
  pip: "the Python package index, through pip",
};

const MEBIBYTE = 1024 * 1024;

/** Shows the progress of a model's download and check, for `rill pull` and for the first start of `rill serve`. Disposing it ends its bar. */
export interface PullReporter extends Disposable {
  readonly onEvent: (event: PullEvent) => void;
}

/** @param stream the output, usually standard error so that standard output is free for results: a bar if it is a terminal, lines otherwise */
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
      return `another process is downloading this model; waiting for it (${event.lockPath})`;
    case "fetching":
      return `downloading ${event.address} from ${SOURCES[event.source]}`;
    case "resuming":
      return `resuming after ${(event.doneBytes / MEBIBYTE).toFixed(1)} MiB`;
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
