import { readSmallFile } from "../machine/small-file.js";

/** More than the largest bundle of authorities of an operating system needs. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** @throws Error with the file and the fault */
export function readPemFile(path: string): Buffer {
  return readSmallFile(path, MAX_FILE_BYTES);
}
