/** Tidies the lock files where they lie. To be run from the repository's root after each `npm install` that changes one. */
import { readFileSync, writeFileSync } from "node:fs";
import { LOCK_FILES, type LockFile } from "./lock-file.js";
import { tidyLock } from "./tidy-lock.js";

for (const file of LOCK_FILES) {
  const lock = JSON.parse(readFileSync(file, "utf8")) as LockFile;
  writeFileSync(file, `${JSON.stringify(tidyLock(lock), undefined, 2)}\n`);
}
