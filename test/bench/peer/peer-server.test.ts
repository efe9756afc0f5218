import assert from "node:assert/strict";
import { homedir } from "node:os";

import { modelCacheDirectory } from "../../../src/models/cache-directory.js";
import { resolveModel } from "../../../src/models/resolve-model.js";
import { findPeer } from "./find-or-build-peer.js";
import { PeerServer } from "./peer-server.js";

async function defaultModelPath(): Promise<string> {
  const cacheDir = modelCacheDirectory({
    platform: process.platform,
    environment: process.env,
    homeDirectory: homedir(),
  });
  const signal = new AbortController().signal;
  return (await resolveModel("smollm2-135m-instruct", { cacheDir, signal, onEvent: () => {} })).path;
}

describe("the llama-server beside which Rill is measured", () => {
  it("completes, renders templates and tokenises, and is gone when disposed of", async function () {
    this.timeout(120_000);
    const found = await findPeer();
    if ("skipped" in found) {
      console.error(`skipped: ${found.skipped}`);
      return this.skip();
    }
    const modelPath = await defaultModelPath();
    let pid: number;
    {
      await using peer = await PeerServer.start({
        path: found.path,
        modelPath,
        slots: 8,
        contextTokens: 2_048,
        threads: 2,
      });
      pid = peer.pid;
      const completion = await peer.post("/completion", { prompt: "Once upon a time", n_predict: 4, temperature: 0 });
      assert.equal((completion as { tokens_predicted: number }).tokens_predicted, 4);
      const rendered = await peer.post("/apply-template", { messages: [{ role: "user", content: "Hi" }] });
      assert.match(
        (rendered as { prompt: string }).prompt,
        /<\|im_start\|>user\nHi<\|im_end\|>\n<\|im_start\|>assistant\n$/,
      );
      const { tokens } = (await peer.post("/tokenize", { content: "Once upon a time" })) as { tokens: number[] };
      assert.ok(tokens.length > 0 && tokens.every(Number.isInteger));
    }
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });

  it("says why when it can't start", async function () {
    const found = await findPeer();
    if ("skipped" in found) return this.skip();
    const options = { path: found.path, modelPath: "missing.gguf", slots: 1, contextTokens: 256, threads: 1 };
    await assert.rejects(PeerServer.start(options), /llama-server ended; its last lines:[^]*missing\.gguf/);
  });
});
