import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { TestServer } from "../support/test-server.js";

const run = promisify(execFile);

describe("grpcurl, which knows only what reflection tells", () => {
  let server: TestServer;

  before(async function () {
    try {
      await run("grpcurl", ["-version"]);
    } catch {
      console.log("    skipped: no grpcurl on the PATH");
      this.skip();
    }
    server = await TestServer.start();
  });

  after(async () => {
    // Not started where the suite is skipped.
    await (server as TestServer | undefined)?.[Symbol.asyncDispose]();
  });

  /** @param args flags come before the address, what is asked for after it */
  async function grpcurl(args: { flags?: readonly string[]; target: readonly string[] }): Promise<string> {
    const { stdout } = await run("grpcurl", ["-plaintext", ...(args.flags ?? []), server.address, ...args.target]);
    return stdout;
  }

  it("lists every service", async () => {
    const listed = await grpcurl({ target: ["list"] });
    assert.deepEqual(listed.trim().split("\n"), [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "rill.v1.GenerationService",
      "rill.v1.ModelService",
      "rill.v1.ServerService",
      "rill.v1.SessionService",
      "rill.v1.TokenService",
    ]);
  });

  it("describes a method and a message with their comments", async () => {
    const method = await grpcurl({ target: ["describe", "rill.v1.GenerationService.GenerateStream"] });
    assert.match(method, /rpc GenerateStream \( \.rill\.v1\.GenerateStreamRequest \) returns \( stream /);
    const message = await grpcurl({ target: ["describe", "rill.v1.Stopping"] });
    assert.match(message, /\/\/ .*[Dd]efault/);
    assert.match(message, /optional uint32 max_output_tokens = 1;/);
  });

  it("streams a generation by the call that the README prints", async () => {
    const flags = ["-d", '{"prompt":"Once upon a time"}'];
    const events = await grpcurl({ flags, target: ["rill.v1.GenerationService/GenerateStream"] });
    const texts = [...events.matchAll(/"text": "([^"]*)"/g)].map(([, text]) => text);
    assert.equal(texts.join(""), "Once upon a time");
    assert.match(events, /"finishReason": "FINISH_REASON_END_OF_TURN"/);
  });

  it("shows the details of a refusal by name", async () => {
    const flags = ["-d", '{"prompt":"a","sampling":{"temperature":9}}'];
    const refused = grpcurl({ flags, target: ["rill.v1.GenerationService/Generate"] });
    await assert.rejects(refused, (error: Error & { stderr: string }) => {
      assert.match(error.stderr, /Code: InvalidArgument/);
      assert.match(error.stderr, /google\.rpc\.BadRequest/);
      assert.match(error.stderr, /sampling\.temperature/);
      return true;
    });
  });
});
