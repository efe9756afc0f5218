import assert from "node:assert/strict";
import { TestServer } from "../support/test-server.js";
import { type RillRun, runRill } from "./run-rill.js";

describe("rill tokenize", () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  const tokenize = (...args: string[]): Promise<RillRun> => runRill(["tokenize", ...args, "--address", server.address]);

  it("prints ids that it takes back", async () => {
    const { code, stdout } = await tokenize("Hello grüße");
    assert.equal(code, 0);
    assert.match(stdout, /^\d+(?:,\d+)+\n$/);
    assert.deepEqual(await tokenize("--detokenize", stdout.trim()), { code: 0, stdout: "Hello grüße", stderr: "" });
  });

  it("shows each token's own text, counts them, and gives what protobuf has", async () => {
    const [pieces, count, json] = await Promise.all([
      tokenize("Hello é Hello", "--pieces"),
      tokenize("Hello é Hello", "--count"),
      tokenize("Hello é Hello", "--json"),
    ]);
    const lines = pieces.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    assert.deepEqual(
      lines.map(([, piece]) => JSON.parse(piece ?? "") as string),
      ["Hello", " ", "\ufffd", "\ufffd", " ", "Hello"],
    );
    assert.equal(count.stdout, "6\n");
    assert.deepEqual(JSON.parse(json.stdout), { tokenIds: lines.map(([id]) => Number(id)) });
  });

  it("reads control tokens only where told to", async () => {
    const [plain, parsed] = await Promise.all([
      tokenize("<|im_end|>", "--count"),
      tokenize("<|im_end|>", "--parse-control-tokens"),
    ]);
    assert.notEqual(plain.stdout, "1\n");
    assert.equal(parsed.stdout, "258\n");
  });

  it("ends with 2 on flags that exclude each other, and without a text", async () => {
    const runs = await Promise.all([
      tokenize("a", "--count", "--pieces"),
      tokenize("a", "--detokenize", "1"),
      tokenize("--detokenize", "1,x"),
      tokenize(),
    ]);
    assert.deepEqual(
      runs.map(({ code, stdout }) => [code, stdout]),
      runs.map(() => [2, ""]),
    );
    assert.match(runs[2].stderr, /--detokenize: "1,x" must be whole numbers/);
  });

  it("ends with 1 on a token that the model does not have", async () => {
    const { code, stderr } = await tokenize("--detokenize", "4000000");
    assert.equal(code, 1);
    assert.match(stderr, /^rill tokenize: INVALID_ARGUMENT INVALID_REQUEST: token_ids\[0\] is 4000000; .*\n$/);
  });
});
