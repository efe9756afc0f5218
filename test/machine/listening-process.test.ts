import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findListenerOnPort, findListenerOnSocket } from "../../src/machine/listening-process.js";

describe("the process that listens", () => {
  before(function () {
    if (process.platform !== "linux") this.skip();
  });

  const listening = async (...where: [string] | [number, string]): Promise<Server> => {
    const server = createServer();
    await once(server.listen(...(where as [number, string])), "listening");
    return server;
  };
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  it("is found by the address itself, by one that covers it, and by a name", async () => {
    for (const [bound, asked] of [
      ["127.0.0.1", "127.0.0.1"],
      ["0.0.0.0", "127.0.0.1"],
      ["127.0.0.1", "0.0.0.0"],
      ["127.0.0.1", "localhost"],
      ["::", "127.0.0.1"],
      ["::1", "::1"],
    ] as const) {
      const server = await listening(0, bound).catch(() => undefined);
      // A machine may be without IPv6.
      if (server === undefined) continue;
      const found = findListenerOnPort(asked, portOf(server));
      server.close();
      assert.equal(found?.processId, process.pid, `${bound} by ${asked}`);
      assert.ok(found.name.length > 0);
      assert.ok(found.command.some((word) => word.includes("node")));
    }
  });

  it("is not found where nobody listens, even if a connection has that port", async () => {
    const server = await listening(0, "127.0.0.1");
    const port = portOf(server);
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const client = connect(port, "127.0.0.1");
    const [connection] = await accepted;
    server.close();
    const found = findListenerOnPort("127.0.0.1", port);
    client.destroy();
    connection.destroy();
    assert.equal(found, undefined);
    assert.equal(findListenerOnSocket(join(tmpdir(), "nobody.sock")), undefined);
  });

  it("is found where it listens on several addresses, and not if several processes come into question", async () => {
    const first = await listening(0, "127.0.0.1");
    const port = portOf(first);
    const script = `require("net").createServer().listen(${port}, "127.0.0.2", () => console.log("listening"))`;
    const other = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    await once(other.stdout, "data");
    const second = await listening(port, "127.0.0.3");
    const foundFor = (host: string): number | undefined => findListenerOnPort(host, port)?.processId;
    const found = ["127.0.0.1", "127.0.0.2", "0.0.0.0"].map(foundFor);
    other.kill();
    await once(other, "exit");
    const alone = foundFor("0.0.0.0");
    first.close();
    second.close();
    assert.deepEqual([...found, alone], [process.pid, other.pid, undefined, process.pid]);
  });

  it("is the parent of those that got its socket from it", async () => {
    const server = await listening(0, "127.0.0.1");
    const handle = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
    const child = spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", handle.fd] });
    await once(child, "spawn");
    const found = findListenerOnPort("127.0.0.1", portOf(server));
    child.kill();
    await once(child, "exit");
    server.close();
    assert.equal(found?.processId, process.pid);
  });

  it("is found by the path of its socket, whichever way each side writes it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rill-listening-"));
    const path = join(folder, "a b.sock");
    for (const bound of [path, relative(process.cwd(), path)]) {
      const server = await listening(bound);
      const found = [path, relative(process.cwd(), path)].map((asked) => findListenerOnSocket(asked)?.processId);
      server.close();
      await once(server, "close");
      assert.deepEqual(found, [process.pid, process.pid], bound);
    }
    await rm(folder, { recursive: true });
  });
});
