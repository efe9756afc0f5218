import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const PROBE = new URL("../../../src/engine/llama/pool-takes-turns.js", import.meta.url).href;
const TELL = `const { poolTakesTurns } = await import(${JSON.stringify(PROBE)}); console.log(await poolTakesTurns());`;

/** What a process says of its pool. @param before what runs in it first, with the pool's size to be set */
async function seenIn(before: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { UV_THREADPOOL_SIZE: _, ...inherited } = process.env;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", before + TELL], {
    env: { ...inherited, ...environment },
  });
  return stdout.trim();
}

describe("libuv's pool", function () {
  this.timeout(20_000);

  it("takes turns where it has one thread", async () => {
    assert.equal(await seenIn("", { UV_THREADPOOL_SIZE: "1" }), "true");
  });

  it("does not where it has several", async () => {
    assert.equal(await seenIn("", { UV_THREADPOOL_SIZE: "2" }), "false");
    assert.equal(await seenIn(""), "false");
  });

  it("is not believed to be of one thread because the environment says so when it has begun with more", async () => {
    const begun = `await (await import("node:fs/promises")).stat("."); process.env.UV_THREADPOOL_SIZE = "1";`;
    assert.equal(await seenIn(begun), "false");
  });
});
