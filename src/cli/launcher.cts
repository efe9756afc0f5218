#!/usr/bin/env node
/*
 * Starts the program with a thread pool of one. Each decode starts llama.cpp's own threads; with more pool threads one of those often shares a core with
 * its caller, and both spin. The size counts only when it is set before anything uses the pool, and an ES module's imports run before its first line:
 * hence this CommonJS file.
 */
process.env.UV_THREADPOOL_SIZE ??= "1";

void import("./rill.js").then(({ runRill }) => runRill(process.argv.slice(2)));
