import { RuntimeClient } from "../../support/runtime-client.js";
import {
  FIRST_WINDOW_WIRE_BYTES,
  type StockClient,
  type StoppedReader,
  type StoppedReaderOptions,
} from "./stopped-reader.js";

export const GRPC_JS_CLIENT: StockClient = {
  name: "@grpc/grpc-js",
  mostWireBytes: FIRST_WINDOW_WIRE_BYTES,
  open,
};

async function open({ address, request, messages }: StoppedReaderOptions): Promise<StoppedReader> {
  const client = new RuntimeClient(address);
  const stream = client.generateStream(request);
  // The cancel at the end arrives as an error, which is what was asked for.
  stream.on("error", () => undefined);
  let read = 0;
  await new Promise<void>((resolve) => {
    stream.on("data", () => {
      read += 1;
      if (read < messages) return;
      stream.pause();
      resolve();
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => stream.on("status", resolve));
      stream.cancel();
      stream.resume();
      await ended;
      client[Symbol.dispose]();
    },
  };
}
