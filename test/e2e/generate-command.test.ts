import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { FIRST_EXTRA_TOKEN, SCRIPT } from "../support/scripted-engine.js";
import { TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { RillChild } from "./rill-child.js";
import { type RillRun, runRill } from "./run-rill.js";

/** Fills a pipe and a window of HTTP/2 soon. */
const LONG_TOKEN = Array.from({ length: 200 }, () => 0x61);
/** Says the long token for as long as the context lasts. */
const ENDLESS = ["--token-ids", `${FIRST_EXTRA_TOKEN},${SCRIPT.CYCLE}`, "--max-output-tokens", "1900"];

describe("rill generate", () => {
  let folder = "";
  let server: TestServer;
  let client: TestClient;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-generate-"));
    server = await TestServer.start({ engine: { extraTokens: [LONG_TOKEN] } });
    client = new TestClient(server.address);
  });
  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const generate = (...args: string[]): Promise<RillRun> =>
    runRill(["generate", ...args], { RILL_ADDRESS: server.address });

  const slotsAreFree = async (of = client): Promise<void> => {
    await loadWhen(of, ({ slotsBusy, generations }) => slotsBusy === 0 && generations.length === 0);
  };

  it("prints the text and nothing else, whether streamed or in one answer", async () => {
    const text = "Once upon a time, grüße 🌊";
    const [streamed, whole] = await Promise.all([generate(text), generate(text, "--unary")]);
    assert.deepEqual(streamed, { code: 0, stdout: text, stderr: "" });
    assert.deepEqual(whole, { code: 0, stdout: text, stderr: "" });
  });

  it("reads the prompt from a file and from standard input", async () => {
    const path = join(folder, "prompt.txt");
    await writeFile(path, "from a file\n");
    await using child = new RillChild(["generate", "--address", server.address]);
    child.type("from standard input\n");
    await child.read();
    assert.equal((await child.ended()).stdout, "from standard input");
    assert.equal((await generate("--file", path)).stdout, "from a file");
  });

  it("prints every event as JSON, one a line, whose texts joined have the digest that the last one tells", async () => {
    const { code, stdout } = await generate(
      "grüße",
      "--json",
      "--output-token-ids",
      "--output-usage",
      "--output-timings",
    );
    assert.equal(code, 0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as EventLine);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    );
    assert.ok(events[0]?.accepted?.generationId);
    const chunks = events.flatMap(({ chunk }) => chunk ?? []);
    const text = chunks.map((chunk) => chunk.text).join("");
    assert.equal(text, "grüße");
    assert.ok(chunks.every(({ tokenIds, elapsed, usage }) => tokenIds.length > 0 && elapsed.endsWith("s") && usage));
    const { completed } = events.at(-1) ?? {};
    assert.equal(completed?.finishReason, "FINISH_REASON_END_OF_TURN");
    assert.equal(completed.textSha256, createHash("sha256").update(text).digest("base64"));
  });

  it("sends what the flags say", async () => {
    const flags = ["--temperature", "0.5", "--top-k", "7", "--top-p", "0.5", "--min-p", "0.25", "--seed", "11"];
    const stopping = ["--max-output-tokens", "9", "--time-limit", "1.5s", "--ignore-end-of-generation"];
    const { stdout } = await generate("Hi", "--json", ...flags, ...stopping, "--lane", "batch");
    const { accepted } = JSON.parse(stdout.split("\n")[0] ?? "") as EventLine;
    const asked = { temperature: 0.5, topK: 7, topP: 0.5, minP: 0.25, seed: 11 };
    const neutral = { repeatPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, penaltyWindow: 64 };
    assert.deepEqual(accepted?.effectiveParameters, {
      sampling: { ...asked, ...neutral },
      stopping: { maxOutputTokens: 9, timeLimit: "1.500s", ignoreEndOfGeneration: true },
      scheduling: { lane: "LANE_BATCH", priority: 0 },
      delivery: { maxChunkDelay: "0s" },
    });
  });

  it("ends the text at any of several stop sequences", async () => {
    assert.equal((await generate("one two three", "--stop", "x", "--stop", " th")).stdout, "one two");
  });

  it("chats with a system message and the messages of a file", async () => {
    const messages = join(folder, "chat.yaml");
    await writeFile(messages, "- role: user\n  content: Hi\n");
    // The scripted engine says its prompt: what the template made of the chat.
    const { stdout } = await generate("And?", "--system", "Be brief", "--messages", messages);
    assert.equal(stdout, "system\nBe brief\nuser\nHi\nuser\nAnd?\nassistant\n");
  });

  it("tells tokens, speed and reason on standard error when asked", async () => {
    const { stdout, stderr } = await generate("Hi", "--stats");
    assert.equal(stdout, "Hi");
    assert.match(
      stderr,
      /^2 tokens in(?: \(1 reused\))?, 2 tokens out, [\d.]+ tok\/s, first token after \d+ ms, END_OF_TURN\n$/,
    );
  });

  it("names every refused field and ends with 1", async () => {
    const { code, stdout, stderr } = await generate("Hi", "--temperature", "9", "--top-p", "2");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^rill generate: INVALID_ARGUMENT INVALID_REQUEST: /);
    assert.match(
      stderr,
      /\n {2}sampling\.temperature: is 9; it must be .*\n {2}sampling\.top_p: is 2; it must be .*\n$/,
    );
  });

  it("says once what is wrong with a single field", async () => {
    const { stderr } = await generate("Hi", "--temperature", "9");
    assert.equal(
      stderr,
      "rill generate: INVALID_ARGUMENT INVALID_REQUEST: sampling.temperature is 9; it must be at least 0 and at most 5\n",
    );
  });

  it("ends with 1 where a generation fails on the way, and keeps what was printed", async () => {
    // More than can be made ahead of a reader: what it is told first has been printed.
    const tokens = [...Array.from({ length: 100 }, () => 72), SCRIPT.FAIL_PULL];
    const { code, stdout, stderr } = await generate("--token-ids", tokens.join(","));
    assert.equal(code, 1);
    assert.match(stdout, /^H{60,}$/);
    assert.match(stderr, /^rill generate: INTERNAL ENGINE_FAULT: .*\n {2}generation id: gen_/);
  });

  it("says that a deadline passed before there was a connection", async () => {
    await using server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await generate("Hi", "--address", `127.0.0.1:${port}`, "--deadline", "500ms");
    assert.equal(code, 1);
    assert.equal(stderr, "rill generate: DEADLINE_EXCEEDED: the deadline passed before there was a connection\n");
  });

  it("ends with 1 where nobody answers, or not in time", async () => {
    // In the time of the deadline it makes a sixth of what the call asks for.
    await using slow = await TestServer.start({ engine: { extraTokens: [LONG_TOKEN], stepMs: 1 } });
    using slowClient = new TestClient(slow.address);
    const [nobody, late] = await Promise.all([
      generate("Hi", "--address", "127.0.0.1:2"),
      generate(...ENDLESS, "--deadline", "300ms", "--max-chunk-delay", "1s", "--address", slow.address),
    ]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /^rill generate: UNAVAILABLE: .*127\.0\.0\.1:2.*\n {2}is a server running there\?/);
    assert.equal(late.code, 1);
    assert.match(late.stderr, /^rill generate: DEADLINE_EXCEEDED: the (?:call's )?deadline passed\n/);
    await slotsAreFree(slowClient);
  });

  it("ends with 2 on a wrong command line, with every wrong value named, and sends nothing", async () => {
    const before = server.scheduler.load().totals.acceptedGenerations;
    const [values, flag, address, none, mixed, role] = await Promise.all([
      generate("Hi", "--top-k", "many", "--label", "a", "--lane", "fast"),
      generate("Hi", "--tempreature", "1"),
      generate("Hi", "--address", "nowhere", "--deadline", "soon"),
      generate(),
      generate("Hi", "--token-ids", "1"),
      generate("--messages", await roleFile(folder)),
    ]);
    assert.deepEqual(
      [values, flag, address, none, mixed, role].map(({ code }) => code),
      [2, 2, 2, 2, 2, 2],
    );
    assert.match(values.stderr, /--top-k: "many" must be a whole.*\n.*--lane: "fast" must be one of.*\n.*--label: "a"/);
    assert.match(flag.stderr, /unknown option '--tempreature'\n\(Did you mean --temperature\?\)/);
    assert.match(address.stderr, /--address: "nowhere" must be host:port.*\n.*--deadline: "soon" must be a duration/);
    assert.match(none.stderr, /there is no prompt/);
    assert.match(role.stderr, /ROLE_PARROT/);
    assert.equal(server.scheduler.load().totals.acceptedGenerations, before);
  });

  it("cancels the call at Ctrl-C and ends with 130", async () => {
    await using child = new RillChild(["generate", ...ENDLESS, "--address", server.address]);
    await child.read();
    child.interrupt();
    const { code, stderr } = await child.ended();
    assert.deepEqual([code, stderr], [130, ""]);
    await slotsAreFree();
  });

  it("is paced by its reader, down to the sampler, and can be interrupted while it waits for it", async () => {
    await using child = new RillChild(["generate", ...ENDLESS, "--address", server.address]);
    // A command that reads on would have the generation end meanwhile.
    let decodedTokens = -1;
    for (let stillLooks = 0; stillLooks < 100;) {
      const found = await generationWhen(client, () => true);
      const isStill = found.state === GenerationState.PARKED && found.decodedTokens === decodedTokens;
      stillLooks = isStill ? stillLooks + 1 : 0;
      decodedTokens = found.decodedTokens;
    }
    assert.ok(decodedTokens < 1_900, `${decodedTokens} tokens were decoded for a reader that takes none`);
    child.interrupt();
    assert.equal((await child.ended()).code, 130);
    await slotsAreFree();
  });

  it("cancels the call and ends quietly when its reader has enough", async () => {
    await using child = new RillChild(["generate", ...ENDLESS, "--address", server.address]);
    await child.read();
    child.stopReading();
    const { code, stderr } = await child.ended();
    assert.deepEqual([code, stderr], [0, ""]);
    await slotsAreFree();
  });

  it("ends at an interrupt while it waits for a prompt", async function () {
    if (process.platform === "win32") return this.skip();
    const fifo = join(folder, "fifo");
    spawnSync("mkfifo", [fifo]);
    await using child = new RillChild(["generate", "--address", server.address, "--file", fifo]);
    // Opens only once the other side has.
    await using _writer = await open(fifo, "w");
    child.interrupt();
    assert.equal((await child.ended()).signal, "SIGINT");
  });
});

/** A chat in which somebody speaks whom the contract does not know. */
async function roleFile(folder: string): Promise<string> {
  const path = join(folder, "role.json");
  await writeFile(path, '[{"role":"parrot","content":"Hi"}]');
  return path;
}

interface EventLine {
  readonly sequence: number;
  readonly accepted?: { readonly generationId: string; readonly effectiveParameters: object };
  readonly chunk?: {
    readonly text: string;
    readonly tokenIds: readonly number[];
    readonly elapsed: string;
    readonly usage: object;
  };
  readonly completed?: { readonly finishReason: string; readonly textSha256: string };
}
