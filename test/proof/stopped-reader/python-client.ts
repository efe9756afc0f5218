import { openProgramReader } from "./program-reader.js";
import type { StockClient } from "./stopped-reader.js";

/** Needs python3 with grpcio on the PATH. */
export const PYTHON_CLIENT: StockClient = {
  name: "Python grpcio",
  open: (options) => openProgramReader(["python3", "test/proof/clients/stopping_reader.py"], options),
};
