import { AddressInUse } from "../machine/address-in-use.js";
import { ModelError } from "../models/files/model-error.js";
import type { Config } from "../settings/config.js";
import type { Logger } from "../telemetry/logger.js";
import { explainAddressInUse } from "./address-holder.js";

interface Audience {
  readonly config: Config;
  readonly log: Logger;
  /** Prints a message for the person at the terminal. */
  readonly tell: (text: string) => void;
  /** The words that start this program's server, such as `npm start --`. */
  readonly serveCommand: string;
}

/** Logs the error that ends the server, and tells the person at the terminal its message and what helps against it. */
export async function reportFailure(error: unknown, { config, log, tell, serveCommand }: Audience): Promise<void> {
  // The message of these tells the whole of it, and their stack would hide it from the person at the terminal.
  const isPlain = error instanceof AddressInUse || error instanceof ModelError;
  log.error(isPlain ? { reason: error.message } : { err: error }, "the server failed");
  const reason = `rill serve: ${error instanceof Error ? error.message : String(error)}\n`;
  const help = error instanceof AddressInUse ? await explainAddressInUse(error, config, serveCommand) : "";
  tell(reason + help);
}
