import assert from "node:assert/strict";
import { parse } from "yaml";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { readPage } from "../docs/markdown-page.js";
import { pageSteps } from "../docs/page-steps.js";
import { textOf } from "../support/generation-text.js";
import { Envoy } from "../support/envoy.js";
import { loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { promptRequest, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const CONTEXT_TOKENS = 4_000_000;

type Fragment = Readonly<Record<string, unknown>>;

/** The files that docs/proxies.md shows. @throws Error where it lacks one of them */
function documentedFragments(): { connectionManager: Fragment; cluster: Fragment; route: Fragment } {
  const steps = pageSteps(readPage("docs/proxies.md"));
  const fragment = (name: string): Fragment => {
    const file = steps.find((step) => step.type === "file" && step.name === name);
    if (file?.type !== "file") throw new Error(`docs/proxies.md has no file ${name}`);
    return parse(file.text) as Fragment;
  };
  return {
    connectionManager: fragment("connection-manager.yaml"),
    cluster: fragment("cluster.yaml"),
    route: fragment("route.yaml"),
  };
}

describe("A caller behind Envoy, configured as docs/proxies.md says", () => {
  let server: TestServer | undefined;
  let envoy: Envoy;
  let client: TestClient;

  before(async function () {
    if (!(await Envoy.isInstalled())) {
      console.log("    skipped: no envoy on the PATH");
      this.skip();
    }
    server = await TestServer.start({ engine: { contextTokens: CONTEXT_TOKENS } });
    envoy = await Envoy.start({ upstream: server.address, ...documentedFragments() });
    client = new TestClient(envoy.address);
  });

  after(async () => {
    // The suite is skipped before the server is started.
    if (server === undefined) return;
    client[Symbol.dispose]();
    await envoy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it("reads a stream to its end", async () => {
    const { messages, status } = await resultOf(client.generation.generateStream(promptRequest("Once upon a time")));
    assert.equal(status.code, 0);
    assert.equal(textOf(messages), "Once upon a time");
  });

  it("is refused with the same status and details as without it", async () => {
    const request = promptRequest("a", { idempotencyKey: "a".repeat(1_000) });
    const { messages, status } = await resultOf(client.generation.generateStream(request));
    assert.deepEqual([status.code, status.reason, messages.length], [3, "INVALID_REQUEST", 0]);
  });

  it("stops its generation by standing still, and nobody else's", async () => {
    const stopping = { maxOutputTokens: CONTEXT_TOKENS / 2, stopSequences: [], stopTokenIds: [] };
    await using _reader = await RawHttp2Reader.open({
      address: envoy.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 97, 98], { stopping })).finish(),
      windowBytes: 0,
    });
    await standstill(client);
    assert.equal((await client.generate(promptRequest("still here"))).text, "still here");
  });
});

/** Resolves when the one generation that runs has been parked for a hundred calls in a row without another token. */
async function standstill(client: TestClient): Promise<void> {
  for (let calls = 0, before = -1; calls < 100; calls += 1) {
    const { parked, generations } = await loadWhen(client, (load) => load.generations.length === 1);
    const decoded = generations[0]?.decodedTokens ?? 0;
    if (parked !== 1 || decoded !== before) calls = 0;
    before = decoded;
  }
}
