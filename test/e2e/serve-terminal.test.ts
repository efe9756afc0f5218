import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { status } from "@grpc/grpc-js";
import { answerInHalves, HubServer } from "../models/support/hub-server.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { encodeRequest, RuntimeClient } from "../support/runtime-client.js";
import { rawStatusDetails } from "../support/status-details.js";
import { createTinyModel } from "../support/tiny-model.js";
import { Deferred } from "../../src/sync/deferred.js";
import { hasTerminals, TerminalChild } from "./terminal-child.js";
import { LAUNCHER } from "../support/launcher.js";

const FAULTY_SERVE = fileURLToPath(new URL("faulty-serve.js", import.meta.url));
const GENERATE_STREAM = "rill.v1.GenerationService/GenerateStream";
/** Longer than a test may take, so that a test fails if the server waits for it. */
const LONG_DELAY = ["--drain-delay", "10m"];
/** Two presses of Ctrl-C that are closer than this count as one. */
const KEY_INTERVAL_MS = 250;

describe("rill serve at a terminal", function () {
  this.timeout(60_000);
  let folder = "";
  let model = "";
  before(async function () {
    if (!hasTerminals()) return this.skip();
    folder = await mkdtemp(join(tmpdir(), "rill-terminal-"));
    model = await createTinyModel(folder);
  });
  after(async () => {
    if (folder !== "") await rm(folder, { recursive: true });
  });

  const launch = (...flags: string[]): TerminalChild => {
    const size = ["--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"];
    return new TerminalChild([LAUNCHER, "serve", ...size, "--admin-listen", "off", ...flags]);
  };

  it("says which context it chose by the memory, and why", async () => {
    await using server = launch("--model", model, "--listen", "127.0.0.1:0", "--context-tokens", "auto", ...LONG_DELAY);
    await server.shows(/^log: .*\n/m);
    const reason =
      "the context that the model was trained for; the key-value memory of 2 slots takes \\d+ MiB of the \\d+ MiB";
    assert.match(
      server.text,
      new RegExp(`^context of 2048 tokens: ${reason} that are available beside the model\\r?$`, "m"),
    );
    assert.match(server.text, /^loaded in .*: 2 generations at once, 2048 tokens each/m);
  });

  it("says what it loads, then where it listens with two calls to try, and logs in lines for people", async () => {
    await using server = launch("--model", model, "--listen", "127.0.0.1:0", ...LONG_DELAY);
    await server.shows(/^log: .*\n/m);
    const [, port = ""] = /^serving \S+ on 127\.0\.0\.1:(\d+); try in another terminal:$/m.exec(server.text) ?? [];
    const call = `generate --address 127.0.0.1:${port} "Once upon a time"`;
    const request = `-d '{"prompt":"Once upon a time"}' 127.0.0.1:${port}`;
    const [loading = "", loaded = "", ready = "", ...announcement] = server.text
      .slice(server.text.indexOf("loading"))
      .trimEnd()
      .split("\n");
    assert.match(loading, /^loading \S+, \d+\.\d MiB, from \S+\.gguf$/);
    assert.match(loaded, /^loaded in \d+\.\d s: 2 generations at once, \d+ tokens each, on 1 thread$/);
    assert.match(
      ready,
      new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3} info  ready address=127\\.0\\.0\\.1:${port} .* release=\\S+$`),
    );
    assert.deepEqual(announcement, [
      `serving ${announcement[0]?.split(" ")[1] ?? ""} on 127.0.0.1:${port}; try in another terminal:`,
      "",
      `  node ${LAUNCHER} ${call}`,
      "",
      "or with grpcurl:",
      "",
      `  grpcurl -plaintext ${request} ${GENERATE_STREAM}`,
      "",
      "log: standard output, which is this terminal; a file or a pipe gets JSON (--log-format)",
    ]);
  });

  it("logs JSON where it is asked to, each line whole", async () => {
    await using server = launch("--model", model, "--listen", "127.0.0.1:0", "--log-format", "json");
    const [line] = await server.shows(/^\{.*"msg":"ready"\}$/m);
    assert.equal((JSON.parse(line) as { readonly slots: number }).slots, 2);
    await server.shows(/^log: standard output, one JSON object a line$/m);
  });

  it("shows a bar while the model comes, and breaks it off for a line of the log", async () => {
    const rest = new Deferred<void>();
    await using hub = await HubServer.start(answerInHalves(await readFile(model), rest.promise));
    const listen = await freeAddress();
    await using server = launch("--model", "hf:some/one/tiny.gguf", "--hub", hub.origin, "--listen", listen);
    await server.shows(/^downloading the model from the model hub: http:\S+\/tiny\.gguf$/m);
    await server.shows(/receiving █+░+ 50 % of \d+\.\d MiB/);
    using client = new RuntimeClient(listen);
    const failure = await client
      .unary(GENERATE_STREAM.replace("Stream", ""), { prompt: "a" })
      .catch((error: unknown) => error);
    assert.match(String(failure), /UNAVAILABLE/);
    await server.shows(/\n\d\d:\d\d:\d\d\.\d{3} info {2}call refused reason=STARTING .*\n/);
    rest.resolve();
    await server.shows(/call refused[^]*receiving █+ 100 % of \d+\.\d MiB[^]*\nloading tiny, /);
    await server.shows(/^log: /m);
  });

  it("ends at once at Ctrl-C when nothing runs, whatever delay load balancers are given", async () => {
    await using server = launch("--model", model, "--listen", "127.0.0.1:0", ...LONG_DELAY);
    await server.shows(/^log: /m);
    server.pressCtrlC();
    assert.equal(await server.ended(), 0);
    assert.match(
      server.text,
      /\^C\nstopping: no generation is running\n.* draining signal=SIGINT generations=0 delayMs=0/,
    );
    assert.match(server.text, /info {2}stopped interrupted=false\n$/);
  });

  describe("with a generation", () => {
    const heldUp = async (server: TerminalChild): Promise<RawHttp2Reader> => {
      const [, address = ""] = await server.shows(/^serving \S+ on (\S+);/m);
      const stopping = { max_output_tokens: 500, ignore_end_of_generation: true };
      const request = encodeRequest(GENERATE_STREAM, { prompt: "Once upon a time", stopping });
      const reader = await RawHttp2Reader.open({ address, method: GENERATE_STREAM, request, windowBytes: 256 });
      await reader.headers;
      reader.pause();
      return reader;
    };

    it("waits for it after Ctrl-C, and says so and for how long at most", async () => {
      await using server = launch("--model", model, "--listen", "127.0.0.1:0", "--drain-grace", "9m", ...LONG_DELAY);
      await using reader = await heldUp(server);
      server.pressCtrlC();
      await server.shows(
        /\^C\nwaiting for 1 generation to end, at most 9m \(--drain-grace\); Ctrl-C again ends at once\n/,
      );
      reader.resume();
      assert.equal((await reader.ended).grpcStatus, status.OK);
      assert.equal(await server.ended(), 0);
    });

    it("ends it at the second Ctrl-C", async () => {
      await using server = launch("--model", model, "--listen", "127.0.0.1:0", ...LONG_DELAY);
      await using reader = await heldUp(server);
      server.pressCtrlC();
      await server.shows(/^waiting for 1 generation/m);
      await pause(KEY_INTERVAL_MS);
      server.pressCtrlC();
      reader.resume();
      const { code, reason } = rawStatusDetails(await reader.ended);
      assert.deepEqual([code, reason], [status.UNAVAILABLE, "DRAINED"]);
      assert.equal(await server.ended(), 130);
      assert.match(server.text, /\^C\nending at once\n/);
    });
  });

  it("ends at once at Ctrl-C while the model is being loaded", async () => {
    const gate = createServer();
    await once(gate.listen(0, "127.0.0.1"), "listening");
    const fault = `held=${(gate.address() as AddressInfo).port}`;
    const flags = { model, "model-cache": join(folder, "cache"), listen: "127.0.0.1:0", "admin-listen": "off" };
    await using server = new TerminalChild([FAULTY_SERVE, JSON.stringify(flags)], { FAULT: fault });
    const [knock] = (await once(gate, "connection")) as [Socket];
    server.pressCtrlC();
    assert.equal(await server.ended(), 130);
    assert.match(server.text, /\^C\nstopping: nothing is served yet\n$/);
    knock.destroy();
    gate.close();
  });
});

/** An address that was free a moment ago, and that is free again by the time the server asks for it. */
async function freeAddress(): Promise<string> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return `127.0.0.1:${port}`;
}
