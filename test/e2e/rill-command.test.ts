import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explainMissingGpu, gpuPackages } from "../../src/machine/gpu-packages.js";
import { createTinyModel } from "../support/tiny-model.js";
import { runRill } from "./run-rill.js";

const ANY_PORTS = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

describe("rill, on the command line", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-command-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("tells its version, its commands and the settings of serve", async () => {
    const [version, help, serveHelp] = await Promise.all([
      runRill(["--version"]),
      runRill(["--help"]),
      runRill(["serve", "--help"]),
    ]);
    assert.deepEqual([version.code, help.code, serveHelp.code], [0, 0, 0]);
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
    assert.match(help.stdout, /serve [^]*generate [^]*tokenize [^]*pull /);
    assert.match(
      serveHelp.stdout,
      /--listen <host:port\|unix:path\|tls:\/\/host:port\|mtls:\/\/host:port> +addresses on which the server serves gRPC; .+ \(127\.0\.0\.1:50051\)/,
    );
    assert.match(serveHelp.stdout, /^Limits:\n.*--max-message-size <size>/ms);
    assert.match(serveHelp.stdout, /RILL_MAX_OUTPUT_TOKENS/);
  });

  it("ends with 2 on a command that is none, and without one", async () => {
    const [unknown, none] = await Promise.all([runRill(["swerve"]), runRill([])]);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /unknown command 'swerve'/);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /Usage: rill/);
  });

  it("ends with 2 on wrong settings, with all of them listed and nothing started", async () => {
    const config = join(folder, "wrong.yaml");
    await writeFile(config, "drainGrace: soon\nslotz: 3\n");
    const flags = ["--slots", "0", "--bogus", "5", "--listen", "0.0.0.0:0", "--config", config];
    const { code, stdout, stderr } = await runRill(["serve", ...flags], { RILL_THREADS: "many" });
    assert.equal(code, 2);
    assert.equal(stdout, "");
    for (const problem of [
      /--bogus: there is no such flag/,
      /--slots: "0" must be auto or a whole number from 1 to 64/,
      /--listen 0\.0\.0\.0:0 .*--insecure-listen/,
      /RILL_THREADS: "many" must be auto or a whole number from 1 to 256/,
      /wrong\.yaml: drainGrace: "soon" must be a duration from 0 to 24h/,
      /wrong\.yaml: slotz: there is no such setting/,
    ]) {
      assert.match(stderr, problem);
    }
    assert.equal(stderr.trim().split("\n").length, 7);
  });

  it("prints the settings with their origins", async () => {
    const { code, stdout } = await runRill(["serve", "--slots", "3", "--insecure-listen", "--print-config"], {
      RILL_DRAIN_DELAY: "0",
    });
    assert.equal(code, 0);
    assert.match(stdout, /^slots: 3 +# --slots$/m);
    assert.match(stdout, /^insecureListen: true +# --insecure-listen$/m);
    assert.match(stdout, /^drainDelay: 0 +# RILL_DRAIN_DELAY$/m);
    assert.match(stdout, /^maxOutputTokens: 512 +# default$/m);
  });

  it("ends with 1 and one clear line when the model is missing, or no model", async () => {
    const text = join(folder, "text.gguf");
    await writeFile(text, "this is not a model, whatever its name says");
    const absent = join(folder, "absent.gguf");
    const [missing, wrong] = await Promise.all(
      [absent, text].map((path) => runRill(["serve", ...ANY_PORTS, "--model", path])),
    );
    assert.equal(missing?.code, 1);
    assert.match(missing.stderr, /^rill serve: .*absent\.gguf/m);
    assert.equal(wrong?.code, 1);
    assert.match(wrong.stderr, /^rill serve: .*text\.gguf/m);
    assert.match(wrong.stdout, /"level":"error".*"msg":"the server failed"/);
  });

  it("ends with 1 when more context is asked for than the model was trained for", async () => {
    const model = await createTinyModel(folder);
    const { code, stderr } = await runRill(["serve", ...ANY_PORTS, "--model", model, "--context-tokens", "4096"]);
    assert.equal(code, 1);
    assert.match(stderr, /^rill serve: --context-tokens 4096 is more than the 2048 tokens/m);
  });

  it("ends with 1 on a GPU that can't be had, and says which and why", async function () {
    if (process.platform === "darwin") this.skip();
    const model = await createTinyModel(folder);
    const { code, stderr } = await runRill(["serve", ...ANY_PORTS, "--model", model, "--gpu", "metal"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^rill serve: no llama\.cpp binary runs here \(gpu: metal\): .*there is no binary for metal on/m,
    );
  });

  it("ends with 1 and the command that installs it when a GPU's binary is missing", async function () {
    const packages = gpuPackages("cuda");
    if (packages.length === 0 || !explainMissingGpu("cuda").startsWith("not installed")) this.skip();
    const model = await createTinyModel(folder);
    const { code, stderr } = await runRill(["serve", ...ANY_PORTS, "--model", model, "--gpu", "cuda"]);
    assert.equal(code, 1);
    assert.match(stderr, /^rill serve: .*\(gpu: cuda\).*; run `npm run gpu -- cuda` in a clone/m);
    assert.ok(stderr.includes(`\`npm install --save-exact --omit=optional ${packages.join(" ")}\``));
  });
});
