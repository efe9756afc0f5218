import assert from "node:assert/strict";
import fc from "fast-check";

import { ModelError } from "../../src/models/files/model-error.js";
import { parseModelSpec } from "../../src/models/model-spec.js";

const isInvalidName = { name: "ModelError", code: "INVALID_MODEL_NAME" };

describe("parseModelSpec", () => {
  it("finds a catalogue name", () => {
    const spec = parseModelSpec("smollm2-135m-instruct");
    assert.equal(spec.kind, "catalogue");
    assert.equal(spec.entry.sizeBytes, 98_362_432);
  });

  it("reads both forms of a hub address, sub-folders and a revision", () => {
    const location = { owner: "a", repo: "b-GGUF", file: "c.Q4_1.gguf", revision: "main" };
    assert.deepEqual(parseModelSpec("hf:a/b-GGUF/c.Q4_1.gguf"), { kind: "hub", location });
    assert.deepEqual(parseModelSpec("hf:a/b-GGUF:c.Q4_1.gguf"), { kind: "hub", location });
    assert.deepEqual(parseModelSpec("hf:a/b-GGUF/sub/c.Q4_1.gguf#refs/pr/1"), {
      kind: "hub",
      location: { ...location, file: "sub/c.Q4_1.gguf", revision: "refs/pr/1" },
    });
  });

  it("takes what has a separator or the extension as a path", () => {
    for (const path of ["./smollm2-135m-instruct", "model.gguf", "../x/y", "C:\\models\\a.bin", "MODEL.GGUF"]) {
      assert.deepEqual(parseModelSpec(path), { kind: "path", path });
    }
  });

  it("names what it knows when a bare name is unknown", () => {
    assert.throws(() => parseModelSpec("gpt-5"), { ...isInvalidName, message: /"gpt-5".*smollm2-135m-instruct/ });
  });

  it("refuses hub addresses that are incomplete or could leave the cache", () => {
    const bad = [
      "hf:",
      "hf:a",
      "hf:a/b",
      "hf:a/b/c.bin",
      "hf:a/b:Q4_K_M",
      "hf:/b/c.gguf",
      "hf:a/../c.gguf",
      "hf:a/b/../../c.gguf",
    ];
    const worse = [
      "hf:a/b/c.gguf#..",
      "hf:a/b/c.gguf#x#y",
      "hf:a/b/c d.gguf",
      "hf:a/b/%2e.gguf",
      "hf:a/b/c.gguf?x",
      "hf:a\\b/c/d.gguf",
    ];
    for (const text of [...bad, ...worse, "", "  ", "a\0.gguf"])
      assert.throws(() => parseModelSpec(text), isInvalidName, text);
  });

  it("refuses one part of a split model and says what to do", () => {
    assert.throws(() => parseModelSpec("hf:a/b/c-00001-of-00003.gguf"), {
      code: "UNSUPPORTED_MODEL",
      message: /put all parts into one folder/,
    });
  });

  it("never yields a hub location with a segment that climbs, whatever the text", () => {
    const pieces = fc.constantFrom("a", "b.gguf", ".", "..", "/", ":", "#", "\\", "%2f", " ", "-", "");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        let spec;
        try {
          spec = parseModelSpec(`hf:${parts.join("")}`);
        } catch (error) {
          assert.ok(error instanceof ModelError);
          return;
        }
        assert.equal(spec.kind, "hub");
        const { owner, repo, file, revision } = spec.location;
        const segments = [owner, repo, ...file.split("/"), ...revision.split("/")];
        assert.ok(segments.every((segment) => /^[\w.-]+$/.test(segment) && !/^\.*$/.test(segment)));
      }),
      { numRuns: 1_000 },
    );
  });
});
