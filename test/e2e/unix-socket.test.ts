import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { ServerChild } from "../support/server-child.js";
import { createTinyModel } from "../support/tiny-model.js";
import { runRill } from "./run-rill.js";

const run = promisify(execFile);
const GENERATE = [
  "generate",
  "Once upon a time",
  "--max-output-tokens",
  "4",
  "--ignore-end-of-generation",
  "--no-stats",
];

describe("rill serve on a Unix socket", function () {
  if (process.platform === "win32") return;
  // Each test starts a server or two, and each of these loads the model.
  this.timeout(60_000);
  let folder = "";
  let model = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-unix-"));
    model = await createTinyModel(folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const launch = (listen: string): ServerChild =>
    ServerChild.launch([
      ...["--model", model, "--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"],
      ...["--listen", listen, "--admin-listen", "127.0.0.1:0"],
    ]);

  it("is called by rill and by the printed call of grpcurl, and leaves no file behind", async () => {
    const socket = join(folder, "rill.sock");
    await using server = launch(`unix:${socket}`);
    const { address } = await server.ready();
    assert.equal(address, `unix:${socket}`);
    assert.equal((await stat(socket)).mode & 0o777, 0o600);
    for (const spelling of [`unix:${socket}`, `unix://${socket}`, `unix:${relative(process.cwd(), socket)}`]) {
      const { code, stdout, stderr } = await runRill([...GENERATE, "--address", spelling]);
      assert.equal(code, 0, stderr);
      assert.ok(stdout.length > 1);
    }
    const [, printed = ""] = /^  (grpcurl .*)$/m.exec(server.stderr) ?? [];
    assert.ok(printed.includes(`-unix`), server.stderr);
    if (await isThere("grpcurl")) {
      const { stdout } = await run("sh", ["-c", printed]);
      assert.match(stdout, /"completed": \{/);
    } else console.log("    skipped: no grpcurl on the PATH");
    server.kill("SIGTERM");
    server.kill("SIGTERM");
    await server.exited;
    assert.ok(!(await readdir(folder)).includes("rill.sock"));
  });

  it("takes over the socket of a server that was killed, by a relative path too", async () => {
    const socket = relative(process.cwd(), join(folder, "killed.sock"));
    const first = launch(`unix:${socket}`);
    await first.ready();
    first.kill("SIGKILL");
    await first.exited;
    await using second = launch(`unix:${socket}`);
    await second.ready();
    const { code, stderr } = await runRill(GENERATE, { RILL_ADDRESS: `unix:${socket}` });
    assert.equal(code, 0, stderr);
  });

  it("is refused for a path that is too long, with the bound, by the server and by its callers", async () => {
    const long = `unix:/${"x".repeat(200)}`;
    for (const args of [
      ["serve", "--listen", long],
      [...GENERATE, "--address", long],
    ]) {
      const { code, stderr } = await runRill(args);
      assert.equal(code, 2);
      assert.match(stderr, /unix:path with a path of at most 10[37] bytes/);
    }
  });

  it("says where nobody listens", async () => {
    const { code, stderr } = await runRill([...GENERATE, "--address", `unix:${join(folder, "nobody.sock")}`]);
    assert.equal(code, 1);
    assert.match(stderr, /is a server running there/);
  });
});

describe("rill generate with an empty RILL_ADDRESS", () => {
  it("calls the default address", async () => {
    const { code, stderr } = await runRill([...GENERATE, "--deadline", "1ms"], { RILL_ADDRESS: "" });
    assert.equal(code, 1, stderr);
    assert.doesNotMatch(stderr, /wrong usage/);
  });
});

async function isThere(program: string): Promise<boolean> {
  try {
    await run(program, ["-version"]);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
