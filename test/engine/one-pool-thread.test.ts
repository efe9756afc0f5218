import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MOCHA = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const SUITE = fileURLToPath(new URL("one-pool-thread-main.js", import.meta.url));

describe("one pool thread", function () {
  this.timeout(120_000);

  it("as the launcher has it, keeps the engine's contract", async () => {
    const child = spawn(process.execPath, [MOCHA, "--no-config", "--reporter", "dot", SUITE], {
      env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = await text(child.stdout);
    const passed = Number(/(\d+) passing/.exec(said)?.[1] ?? 0);
    assert.ok(passed >= 20 && !said.includes("failing"), said);
  });
});
