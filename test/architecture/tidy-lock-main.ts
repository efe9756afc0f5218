/** Tidies package-lock.json where it lies. To be run from the repository's root after each `npm install` that changes the file. */
import { readFileSync, writeFileSync } from "node:fs";
import type { LockFile } from "./lock-file.js";
import { tidyLock } from "./tidy-lock.js";

const FILE = "package-lock.json";
const lock = JSON.parse(readFileSync(FILE, "utf8")) as LockFile;
writeFileSync(FILE, `${JSON.stringify(tidyLock(lock), undefined, 2)}\n`);
