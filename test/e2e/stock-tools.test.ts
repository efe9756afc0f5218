import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { TestServer } from "../support/test-server.js";

const run = promisify(execFile);
const BUF = join("node_modules", ".bin", "buf");
const STREAM = "rill.v1.GenerationService/GenerateStream";

/** Tools that others use, as they come: they know the server by reflection and by the standard protocols alone. `.ci/tools` installs them. */
describe("A stock tool", () => {
  let server: TestServer;

  before(async () => {
    server = await TestServer.start();
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  /** Skips where the tool is not on the PATH. */
  function itRuns(tool: { name: string; versionFlag: string }, title: string, check: () => Promise<void>): void {
    it(`${tool.name} ${title}`, async function () {
      try {
        await run(tool.name, [tool.versionFlag]);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        console.log(`    skipped: no ${tool.name} on the PATH`);
        this.skip();
      }
      await check();
    });
  }

  itRuns({ name: "ghz", versionFlag: "--version" }, "puts load on a stream, and every call ends well", async () => {
    const call = ["--call", STREAM, "--data", '{"prompt":"Once upon a time"}', "--total", "20", "--concurrency", "4"];
    const { stdout } = await run("ghz", ["--insecure", "--format", "json", ...call, server.address]);
    const { statusCodeDistribution } = JSON.parse(stdout) as { statusCodeDistribution: unknown };
    assert.deepEqual(statusCodeDistribution, { OK: 20 });
  });

  itRuns({ name: "grpc-health-probe", versionFlag: "-version" }, "finds server and services serving", async () => {
    for (const service of ["", "rill.v1.GenerationService"]) {
      const { stderr, stdout } = await run("grpc-health-probe", ["-addr", server.address, "-service", service]);
      assert.match(stderr + stdout, /status: SERVING/);
    }
  });

  itRuns({ name: "grpc-health-probe", versionFlag: "-version" }, "fails for a service that is not there", async () => {
    const probed = run("grpc-health-probe", ["-addr", server.address, "-service", "nobody"]);
    await assert.rejects(probed, (error: Error & { stderr: string }) => {
      assert.match(error.stderr, /NotFound|not found|unknown service/i);
      return true;
    });
  });

  itRuns({ name: BUF, versionFlag: "--version" }, "curl streams a generation", async () => {
    const flags = ["--http2-prior-knowledge", "--protocol", "grpc", "--data", '{"prompt":"Once upon a time"}'];
    const { stdout } = await run(BUF, ["curl", ...flags, `http://${server.address}/${STREAM}`]);
    const texts = [...stdout.matchAll(/"text": ?"([^"]*)"/g)].map(([, text]) => text);
    assert.equal(texts.join(""), "Once upon a time");
  });

  itRuns({ name: "grpcui", versionFlag: "-version" }, "shows the services and calls them", async () => {
    const child = spawn("grpcui", ["-plaintext", "-bind", "127.0.0.1", "-port", "0", server.address]);
    try {
      const address = await grpcuiAddress(child);
      const page = await fetch(address);
      const html = await page.text();
      assert.match(html, /rill\.v1\.GenerationService/);
      const cookie = page.headers.getSetCookie().find((candidate) => candidate.startsWith("_grpcui_csrf_token="));
      const token = /_grpcui_csrf_token=([^;]*)/.exec(cookie ?? "")?.[1] ?? "";
      const answer = await fetch(new URL("invoke/rill.v1.GenerationService.GenerateStream", address), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          cookie: `_grpcui_csrf_token=${token}`,
          "x-grpcui-csrf-token": token,
        },
        body: JSON.stringify({ metadata: [], data: [{ prompt: "Once upon a time" }] }),
      });
      const { responses, error } = (await answer.json()) as { responses: { message: Message }[]; error: unknown };
      assert.equal(error, null);
      assert.equal(responses.map(({ message }) => message.chunk?.text ?? "").join(""), "Once upon a time");
    } finally {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    }
  });
});

interface Message {
  readonly chunk?: { readonly text?: string };
}

/** The address that grpcui says it serves. @throws Error with what it said when it ends without one */
async function grpcuiAddress(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("no output to read");
  let complaint = "";
  stderr.on("data", (text: Buffer) => (complaint += text.toString()));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      reject(new Error(`grpcui ended: ${complaint}`));
    });
    createInterface({ input: stdout }).on("line", (line) => {
      const address = /available at (http:\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}
