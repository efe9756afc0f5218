import type { BenchCase } from "./bench-case.js";
import { streams } from "./cases/streams.js";

/** All cases, in the order in which they run. */
export const CASES: readonly BenchCase[] = [streams];
