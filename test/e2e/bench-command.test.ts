import assert from "node:assert/strict";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { RillChild } from "./rill-child.js";
import { type RillRun, runRill } from "./run-rill.js";

interface Figures {
  readonly streams: number;
  readonly calls: number;
  readonly outputTokens: number;
  readonly reusedInputTokens: number;
  readonly tokensPerSecond: number;
  readonly firstTokenMs: { readonly p50: number; readonly p99: number } | null;
  readonly gapMs: { readonly p50: number; readonly p99: number } | null;
  readonly errors: Readonly<Record<string, number>>;
}

describe("rill bench", () => {
  let server: TestServer;
  let client: TestClient;
  before(async () => {
    const limits = { queuePerSlot: 1, streamsPerConnection: 32 };
    server = await TestServer.start({ engine: { sequences: 2, cycle: true }, limits });
    client = new TestClient(server.address);
  });
  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const bench = (...args: string[]): Promise<RillRun> => runRill(["bench", "--address", server.address, ...args]);
  const figuresOf = ({ stdout }: RillRun): Figures[] =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Figures);

  it("measures each number of streams, without the rounds of the warm-up", async () => {
    const run = await bench(
      ...["--streams", "1,2", "--rounds", "2", "--warm-up", "1"],
      ...["--output-tokens", "7", "--prompt-tokens", "5", "--json"],
    );
    assert.equal(run.code, 0, run.stderr);
    const figures = figuresOf(run);
    assert.deepEqual(
      figures.map(({ streams, calls, outputTokens, errors }) => ({ streams, calls, outputTokens, errors })),
      [
        { streams: 1, calls: 2, outputTokens: 14, errors: {} },
        { streams: 2, calls: 4, outputTokens: 28, errors: {} },
      ],
    );
    for (const { tokensPerSecond, firstTokenMs } of figures) {
      assert.ok(tokensPerSecond > 0);
      assert.ok(firstTokenMs !== null && firstTokenMs.p50 > 0 && firstTokenMs.p50 <= firstTokenMs.p99);
    }
  });

  it("sends so many input tokens, and a prompt as it is", async () => {
    const before = await client.load();
    await bench("--streams", "1", "--rounds", "1", "--warm-up", "0", "--prompt-tokens", "300", "--output-tokens", "1");
    const between = await client.load();
    const read = between.prefilledTokensTotal - before.prefilledTokensTotal;
    // A few digits may begin as those of a call before.
    assert.ok(read > 290 && read <= 300, String(read));
    await bench("--streams", "1", "--rounds", "1", "--warm-up", "0", "--prompt", "#~#", "--output-tokens", "1");
    const after = await client.load();
    assert.equal(after.prefilledTokensTotal - between.prefilledTokensTotal, 3);
  });

  it("counts refused calls by their reason", async () => {
    const flags = ["--streams", "8", "--rounds", "1", "--warm-up", "0", "--output-tokens", "500"];
    const [json, table] = [await bench(...flags, "--json"), await bench(...flags)];
    const [figures] = figuresOf(json);
    // Two slots, and a queue of two.
    assert.deepEqual(figures?.errors, { QUEUE_FULL: 4 });
    assert.equal(figures.outputTokens, 4 * 500);
    assert.equal(table.code, 0);
    assert.match(table.stdout, /streams +tok\/s +TTFT p50[^\n]+errors\n +8 .* QUEUE_FULL ×4\n$/);
  });

  it("cancels what is under way on Ctrl-C", async () => {
    await using child = new RillChild([
      ...["bench", "--address", server.address, "--streams", "2"],
      ...["--output-tokens", "1500", "--rounds", "1000", "--warm-up", "0"],
    ]);
    child.type("");
    await generationWhen(client, ({ decodedTokens }) => decodedTokens > 0);
    child.interrupt();
    assert.equal((await child.ended()).code, 130);
    await loadWhen(client, ({ slotsBusy, generations }) => slotsBusy === 0 && generations.length === 0);
  });

  it("ends with 2 on wrong flags, before anything is sent, and on more streams than a connection may have", async () => {
    const wrong = await runRill(["bench", "--address", "127.0.0.1:1", "--streams", "x"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--streams: "x" must be whole numbers from 1 to 4096/);
    const tooMany = await bench("--streams", "1,33");
    assert.equal(tooMany.code, 2);
    assert.equal(tooMany.stdout, "");
    assert.match(tooMany.stderr, /--streams: 33 is more than the 32 that the server takes on a connection/);
  });

  it("ends with 1 where no server is, and where not one call comes to its end", async () => {
    const nobody = await runRill(["bench", "--address", "127.0.0.1:1"]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /^rill bench: UNAVAILABLE/);
    const refused = await bench("--prompt-tokens", "5000", "--rounds", "1", "--warm-up", "0", "--streams", "1");
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /INPUT_TOO_LONG ×1/);
    assert.match(refused.stderr, /no call completed/);
  });
});
