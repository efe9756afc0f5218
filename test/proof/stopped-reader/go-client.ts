import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openProgramReader } from "./program-reader.js";
import {
  FIRST_WINDOW_WIRE_BYTES,
  type StockClient,
  type StoppedReader,
  type StoppedReaderOptions,
} from "./stopped-reader.js";

const SOURCE = "test/proof/clients/stopping-reader-go";

/** Needs go on the PATH, and the module proxy for the first build. */
export const GO_CLIENT: StockClient = {
  name: "grpc-go",
  mostWireBytes: FIRST_WINDOW_WIRE_BYTES,
  open,
};

async function open(options: StoppedReaderOptions): Promise<StoppedReader> {
  const folder = await mkdtemp(join(tmpdir(), "rill-go-"));
  try {
    const program = join(folder, "stopping-reader");
    await promisify(execFile)("go", ["build", "-o", program, "."], { cwd: SOURCE });
    return await openProgramReader([program], options);
  } finally {
    // A program that runs does not need its file.
    await rm(folder, { recursive: true });
  }
}
