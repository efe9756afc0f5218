import { TestClient } from "./test-client.js";
import { TestServer, type TestServerOptions } from "./test-server.js";

/** A server with a client on it, which the tests of a suite share. Both exist while its tests run. */
export interface SuiteServer {
  readonly server: TestServer;
  readonly client: TestClient;
}

/** Gives the suite that calls it a server and a client. They start before its first test and close after its last one. */
export function serveSuite(options: TestServerOptions = {}): SuiteServer {
  let server: TestServer | undefined;
  let client: TestClient | undefined;

  before(async () => {
    server = await TestServer.start(options);
    client = new TestClient(server.address);
  });

  after(async () => {
    client?.[Symbol.dispose]();
    await server?.[Symbol.asyncDispose]();
  });

  return {
    get server() {
      return started(server);
    },
    get client() {
      return started(client);
    },
  };
}

function started<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error("the server of a suite starts before its first test");
  return part;
}
