import assert from "node:assert/strict";
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
    assert.equal(findListenerOnPort("127.0.0.1", port), undefined);
    client.destroy();
    connection.destroy();
    assert.equal(findListenerOnSocket(join(tmpdir(), "nobody.sock")), undefined);
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
