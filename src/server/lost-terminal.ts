import { closeSync } from "node:fs";
import { isatty } from "node:tty";

const STANDARD_DESCRIPTORS = [0, 1, 2];

/** The standard descriptors that are a terminal now. Once the terminal is gone, there are none. */
export function terminalDescriptors(): readonly number[] {
  return STANDARD_DESCRIPTORS.filter((descriptor) => isatty(descriptor));
}

/**
 * Closes the descriptors of a lost terminal when the process exits. Node restores the state of a terminal at its exit, and Node 20 aborts if that fails. It
 * does not touch a closed descriptor.
 */
export function releaseAtExit(descriptors: readonly number[]): void {
  process.once("exit", () => {
    for (const descriptor of descriptors) closeSync(descriptor);
  });
}
