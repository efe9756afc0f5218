import type { Writable } from "node:stream";

/** How long a reader that does not take what is buffered is waited for. */
const FLUSH_LIMIT_MS = 500;

/** Resolves when all that was written so far is out, the stream has failed, or half a second is over. Never rejects. */
export async function flushStream(stream: Writable): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, FLUSH_LIMIT_MS);
    // Called in order, so after every earlier write; with an error when the stream fails first.
    stream.write("", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
