import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ServerChild } from "../support/server-child.js";
import { createTinyModel } from "../support/tiny-model.js";
import { runRill, type RillRun } from "./run-rill.js";

/** Whether the system tells which process listens. */
const IS_TOLD = process.platform === "linux";

describe("rill serve on an address that is taken", function () {
  this.timeout(60_000);
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-taken-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Starts a server that fails before it looks at its model, because there is none. */
  const serve = (listen: string, adminListen: string): Promise<RillRun> =>
    runRill(["serve", "--model", join(folder, "absent.gguf"), "--listen", listen, "--admin-listen", adminListen]);

  it("ends with 1 and says which process listens there, and how to choose another address", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const [rpc, admin] = await Promise.all([serve(taken, "off"), serve("127.0.0.1:0", taken)]);
    other.close();
    assert.deepEqual([rpc.code, admin.code], [1, 1]);
    const holder = IS_TOLD
      ? `${String.raw`\S+`} listens there: process ${process.pid}, .*`
      : "A process .* listens there.";
    const elsewhere = (flag: string): string =>
      `  To serve elsewhere: node .*launcher.cjs serve --${flag} 127.0.0.1:PORT \\(port 0 takes any free one\\)\n`;
    const first = `rill serve: cannot listen on ${taken}: the address is in use\n`;
    assert.match(rpc.stderr, new RegExp(`^${first}  ${holder}\n${elsewhere("listen")}$`));
    const second = `rill serve: the admin port cannot listen on ${taken}: the address is in use\n`;
    assert.match(admin.stderr, new RegExp(`^${second}  ${holder}\n${elsewhere("admin-listen")}$`));
    assert.match(rpc.stdout, /^\{"level":"error",.*"reason":"cannot listen on .*","msg":"the server failed"\}\n$/);
  });

  describe("by a Rill", () => {
    let model = "";
    before(async () => {
      model = await createTinyModel(folder);
    });
    const launch = (listen: string): ServerChild => {
      const size = ["--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"];
      return ServerChild.launch(["--model", model, ...size, "--listen", listen, "--admin-listen", "127.0.0.1:0"]);
    };

    it("says its version, how to end it, and which other address is taken too", async () => {
      await using server = launch("127.0.0.1:0");
      const { address, adminAddress } = await server.ready();
      const { code, stderr } = await serve(address, adminAddress);
      assert.equal(code, 1);
      assert.match(stderr, /^ {2}Another Rill \d+\.\d+\.\d+ listens there/m);
      assert.match(stderr, /serve --listen 127\.0\.0\.1:PORT --admin-listen 127\.0\.0\.1:PORT \(port 0/);
      if (!IS_TOLD) return;
      assert.ok(stderr.includes(` listens there: process ${server.processId}, `), stderr);
      assert.ok(stderr.includes(`  To end it: kill ${server.processId}\n`), stderr);
    });

    it("tells it by its command line where it is the admin port that is taken", async function () {
      if (!IS_TOLD) return this.skip();
      await using server = launch("127.0.0.1:0");
      const { adminAddress } = await server.ready();
      const { stderr } = await serve("127.0.0.1:0", adminAddress);
      assert.match(stderr, new RegExp(`^  Another Rill listens there: process ${server.processId}, `, "m"));
    });

    it("finds it behind a Unix socket that either of them names by a relative path", async function () {
      if (process.platform === "win32") return this.skip();
      const socket = join(folder, "taken.sock");
      await using server = launch(`unix:${relative(process.cwd(), socket)}`);
      await server.ready();
      const { code, stderr } = await serve(`unix:${socket}`, "off");
      assert.equal(code, 1);
      assert.match(stderr, /^ {2}Another Rill \d+\.\d+\.\d+ listens there/m);
      assert.match(stderr, /^ {2}To serve elsewhere: .* --listen unix:PATH$/m);
      if (IS_TOLD) assert.ok(stderr.includes(`process ${server.processId}, `), stderr);
    });
  });
});
