import assert from "node:assert/strict";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RuntimeClient } from "../support/runtime-client.js";
import { ServerChild } from "../support/server-child.js";
import { createSplitTinyModel, createTinyModel } from "../support/tiny-model.js";

const PROMPT = {
  prompt: "Once upon a time",
  stopping: { max_output_tokens: 8, ignore_end_of_generation: true },
  sampling: { temperature: 0 },
};

describe("rill serve with a split model", function () {
  // Each test starts a server or two, and each of these loads the model.
  this.timeout(60_000);
  let folder = "";
  let paths: readonly string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-split-"));
    paths = await createSplitTinyModel(folder, 3);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const launch = (model: string): ServerChild =>
    ServerChild.launch([
      ...["--model", model, "--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"],
      ...["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
    ]);

  const textOf = async (client: RuntimeClient): Promise<unknown> => {
    const answer = (await client.unary("rill.v1.GenerationService/Generate", PROMPT)) as { readonly text: string };
    return answer.text;
  };

  it("generates what the whole model does, and shows the size of all parts", async () => {
    await using whole = launch(await createTinyModel(folder));
    await using split = launch(paths[0] ?? "");
    using wholeClient = new RuntimeClient((await whole.ready()).address);
    using client = new RuntimeClient((await split.ready()).address);
    assert.equal(await textOf(client), await textOf(wholeClient));
    const { model } = (await client.unary("rill.v1.ModelService/GetModel", {})) as {
      readonly model: { readonly name: string; readonly size_bytes: unknown };
    };
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    assert.equal(model.name, "tiny");
    assert.equal(
      Number(model.size_bytes),
      sizes.reduce((sum, size) => sum + size),
    );
  });

  it("says which file to start with, and which is missing", async () => {
    const [first = "", second = "", third = ""] = paths;
    await using later = launch(second);
    assert.deepEqual(await later.exited, { code: 1, signal: null });
    assert.match(later.stderr, new RegExp(`start with part 1: ${first}`));
    await rename(third, `${third}.away`);
    await using incomplete = launch(first);
    assert.deepEqual(await incomplete.exited, { code: 1, signal: null });
    assert.match(incomplete.stderr, new RegExp(`${third} is missing`));
    await rename(`${third}.away`, third);
  });
});
