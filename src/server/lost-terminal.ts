import { closeSync } from "node:fs";
import { isatty } from "node:tty";

const STANDARD_DESCRIPTORS = [0, 1, 2];

/** Which of standard input, output and error are a terminal now; once it is gone, none is. */
export function terminalDescriptors(): readonly number[] {
  return STANDARD_DESCRIPTORS.filter((descriptor) => isatty(descriptor));
}

/**
 * Closes the descriptors of a terminal that is gone, in the process's last moment. Node puts a terminal back into its first state when it exits, and Node 20
 * aborts where that fails; a descriptor that is closed it leaves alone.
 */
export function releaseAtExit(descriptors: readonly number[]): void {
  process.once("exit", () => {
    for (const descriptor of descriptors) closeSync(descriptor);
  });
}
