#!/usr/bin/env node
/*
 * Starts the program with a thread pool of one. Each decode starts llama.cpp's own threads; with more pool threads one of those often shares a core with
 * its caller, and both spin. The size counts only when it is set before anything uses the pool, and an ES module's imports run before its first line:
 * hence this CommonJS file.
 */
process.env.UV_THREADPOOL_SIZE ??= "1";

/*
 * V8 makes its heaps smaller some seconds after a load, for 13 to 35 ms on each thread, and so in the middle of the first calls. Instead, our threads
 * clear up before they say that they are ready (machine/memory.ts).
 */
process.getBuiltinModule("node:v8").setFlagsFromString("--no-memory-reducer");

void import("./rill.js").then(({ runRill }) => runRill(process.argv.slice(2)));
