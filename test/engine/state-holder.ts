import { openStateDirectory } from "../../src/engine/llama/state-files.js";

/** A process that holds a state directory below the folder that it is given, and prints its path, until it is killed. */
const directory = openStateDirectory([process.argv[2] ?? ""], 1_000);
console.log(directory?.path);
setInterval(() => {}, 60_000);
