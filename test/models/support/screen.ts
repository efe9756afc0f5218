import { PassThrough } from "node:stream";

export interface Screen {
  readonly stream: NodeJS.WriteStream;
  /** The text that was written since the last call. */
  readonly shown: () => string;
}

/** A stream that keeps the text that is written, and says whether it is a terminal. */
export function createScreen(isTTY: boolean): Screen {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  return { stream: stream as unknown as NodeJS.WriteStream, shown: () => String(stream.read() ?? "") };
}
