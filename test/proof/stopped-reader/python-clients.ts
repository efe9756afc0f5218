import { openProgramReader } from "./program-reader.js";
import { FIRST_WINDOW_WIRE_BYTES, type StockClient } from "./stopped-reader.js";

const PROGRAM = ["python3", "test/proof/clients/stopping_reader.py"] as const;
const FIXED_WINDOW = "grpc.http2.bdp_probe=0";

/** Need python3 with grpcio on the PATH. */
export const PYTHON_CLIENTS: readonly StockClient[] = [
  {
    // It measures the connection, and lets the sender go on as it does, whether the program reads or not.
    name: "Python grpcio",
    mostWireBytes: undefined,
    open: (options) => openProgramReader(PROGRAM, options),
  },
  {
    name: `Python grpcio, ${FIXED_WINDOW}`,
    mostWireBytes: FIRST_WINDOW_WIRE_BYTES,
    open: (options) => openProgramReader([...PROGRAM, "--option", FIXED_WINDOW], options),
  },
];
