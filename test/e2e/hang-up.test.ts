import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RuntimeClient } from "../support/runtime-client.js";
import { ServerChild } from "../support/server-child.js";
import { createTinyModel } from "../support/tiny-model.js";
import { LAUNCHER } from "../support/launcher.js";

/** Between two looks at a file that another process writes. */
const LOOK_INTERVAL_MS = 50;

describe("rill serve at SIGHUP", function () {
  this.timeout(60_000);
  let folder = "";
  let flags: string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-hang-up-"));
    const model = await createTinyModel(folder);
    const size = ["--slots", "2", "--threads", "1", "--drain-delay", "0"];
    const listen = ["--listen", "127.0.0.1:0", "--admin-listen", "off"];
    flags = ["--model", model, "--model-cache", join(folder, "cache"), ...size, ...listen];
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("goes on where its standard input is no terminal, and logs it", async () => {
    await using server = ServerChild.launch(flags);
    const { address } = await server.ready();
    server.kill("SIGHUP");
    const line = await server.logged("SIGHUP reloads nothing because the server uses no file that it could read again");
    assert.equal(line.level, "info");
    using client = new RuntimeClient(address);
    assert.ok(await client.unary("grpc.health.v1.Health/Check", {}));
    server.kill("SIGTERM");
    assert.deepEqual(await server.exited, { code: 0, signal: null });
  });

  it("drains when its terminal goes away, as when an ssh connection breaks", async function () {
    // util-linux's script gives the command a terminal of its own.
    if (spawnSync("script", ["--version"]).status !== 0) return this.skip();
    const log = join(folder, "log");
    const command = [process.execPath, LAUNCHER, "serve", ...flags].map((word) => `'${word}'`).join(" ");
    const exitCode = join(folder, "exit-code");
    // As a login shell does, this one tells its job that the terminal is gone; then it says how the job ended.
    const job = `${command} > '${log}' < /dev/tty & job=$!`;
    const line = `trap 'kill -HUP $job' HUP; ${job}; wait $job; wait $job; echo $? > '${exitCode}'`;
    const terminal = spawn("script", ["-qec", line, "/dev/null"], {
      stdio: ["pipe", "ignore", "ignore"],
      env: { ...process.env, RILL_STORE: "memory:" },
    });
    await logged(log, "ready");
    terminal.kill("SIGKILL");
    await once(terminal, "exit");
    assert.equal((await logged(log, "draining")).signal, "SIGHUP");
    await logged(log, "stopped");
    assert.equal(await whenWritten(exitCode), "0\n");
  });
});

/** The first line with this message, once it is there. What never comes is stopped by the test's own time limit. */
async function logged(path: string, message: string): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    const lines = text.split("\n").filter((line) => line.endsWith("}"));
    const found = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ msg }) => msg === message);
    if (found !== undefined) return found;
    await pause(LOOK_INTERVAL_MS);
  }
}

async function whenWritten(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text.endsWith("\n")) return text;
    await pause(LOOK_INTERVAL_MS);
  }
}
