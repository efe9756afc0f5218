#!/usr/bin/env node
/*
 * Starts the program with a thread pool of size 1. Each decode starts llama.cpp's own threads; with more pool threads, one of those often shares a core
 * with its caller, and both spin. The size must be set before anything uses the pool, and the imports of an ES module run before its first line, so this
 * is a CommonJS file.
 */
process.env.UV_THREADPOOL_SIZE ??= "1";

/*
 * V8 shrinks its heaps some seconds after a load. This takes 13 to 35 ms on each thread, in the middle of the first calls. Instead, the threads shrink
 * their heaps before they report that they are ready (machine/memory.ts).
 */
process.getBuiltinModule("node:v8").setFlagsFromString("--no-memory-reducer");

void import("./rill.js").then(({ runRill }) => runRill(process.argv.slice(2)));
