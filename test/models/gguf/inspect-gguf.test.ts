import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";

import { inspectGguf } from "../../../src/models/gguf/inspect-gguf.js";
import { ModelError } from "../../../src/models/files/model-error.js";
import { encodeGguf, type GgufValue } from "../../support/gguf-writer.js";
import { ScratchDirectory } from "../support/scratch-directory.js";
import { SMALL_METADATA, smallGguf } from "../support/small-gguf.js";

describe("inspectGguf", () => {
  let scratch: ScratchDirectory;
  before(async () => {
    scratch = await ScratchDirectory.create();
  });
  after(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  async function inspectBytes(bytes: Uint8Array): ReturnType<typeof inspectGguf> {
    const path = join(scratch.path, "model.gguf");
    await writeFile(path, bytes);
    return inspectGguf(path);
  }

  it("summarises a sound file", async () => {
    const bytes = smallGguf();
    assert.deepEqual(await inspectBytes(bytes), {
      version: 3,
      sizeBytes: bytes.length,
      tensorCount: 1,
      partCount: 1,
      name: "small",
      architecture: "llama",
      fileType: undefined,
      hasChatTemplate: true,
      vocabularySize: 3,
      trainContextTokens: 2_048,
      blockCount: 2,
      embeddingLength: 64,
      headCount: 4,
      headCountKv: 2,
      keyLength: 16,
      valueLength: 16,
    });
  });

  it("reads vocabularies and templates that are larger than its buffer", async () => {
    const tokens = Array.from({ length: 60_000 }, (_, index) => `token ${index}`);
    const template = "x".repeat(1_000_000);
    const metadata: Record<string, GgufValue> = {
      "tokenizer.ggml.tokens": { type: "strings", value: [...tokens, "y".repeat(400_000)] },
      "tokenizer.ggml.scores": { type: "int32s", value: tokens.map(() => 0) },
      "tokenizer.chat_template": { type: "string", value: template },
      "general.architecture": { type: "string", value: "llama" },
      "llama.context_length": { type: "uint32", value: 99 },
    };
    const summary = await inspectBytes(encodeGguf(metadata, []));
    assert.equal(summary.vocabularySize, 60_001);
    assert.equal(summary.trainContextTokens, 99);
    assert.equal(summary.hasChatTemplate, true);
  });

  it("tells at every cut of a file that it is truncated, and how long it must be", async () => {
    const bytes = smallGguf();
    for (let length = 4; length < bytes.length; length++) {
      await assert.rejects(inspectBytes(bytes.subarray(0, length)), (error) => {
        assert.ok(error instanceof ModelError);
        assert.equal(error.code, "TRUNCATED", error.message);
        const [, least, actual] = /at least (\d+) bytes expected, it has (\d+)/.exec(error.message) ?? [];
        assert.equal(Number(actual), length);
        assert.ok(Number(least) > length && Number(least) <= bytes.length);
        return true;
      });
    }
  });

  it("knows what is not a GGUF", async () => {
    for (const text of ["", "GGU", "<!DOCTYPE html>", "PK\u0003\u0004 a wheel"]) {
      await assert.rejects(inspectBytes(Buffer.from(text)), {
        code: "NOT_A_GGUF",
        message: /does not begin with "GGUF"/,
      });
    }
  });

  it("refuses versions it does not know and foreign byte order", async () => {
    const withVersion = (version: number): Buffer => {
      const bytes = smallGguf();
      bytes.writeUInt32LE(version, 4);
      return bytes;
    };
    await assert.rejects(inspectBytes(withVersion(1)), { code: "UNSUPPORTED_VERSION", message: /version 1/ });
    await assert.rejects(inspectBytes(withVersion(4)), { code: "UNSUPPORTED_VERSION", message: /version 4/ });
    await assert.rejects(inspectBytes(withVersion(0x0300_0000)), {
      code: "UNSUPPORTED_VERSION",
      message: /big-endian/,
    });
  });

  it("refuses counts and lengths that no file has", async () => {
    const at = (offset: number, value: bigint): Buffer => {
      const bytes = smallGguf();
      bytes.writeBigUInt64LE(value, offset);
      return bytes;
    };
    const tensorCountAt = 8;
    const entryCountAt = 16;
    const firstKeyLengthAt = 24;
    for (const offset of [tensorCountAt, entryCountAt, firstKeyLengthAt]) {
      await assert.rejects(inspectBytes(at(offset, 2n ** 63n)), { code: "NOT_A_GGUF" });
      await assert.rejects(inspectBytes(at(offset, 10_000_000n)), { code: "NOT_A_GGUF" });
    }
  });

  it("believes no length that the file has no room for", async () => {
    const bytes = smallGguf();
    const firstKeyBytes = Buffer.byteLength("general.architecture");
    const firstTextLengthAt = 24 + 8 + firstKeyBytes + 4;
    bytes.writeBigUInt64LE(2n ** 53n - 1n, firstTextLengthAt);
    await assert.rejects(inspectBytes(bytes), { code: "TRUNCATED" });
    const tensor = { name: "vast", shape: [2 ** 40, 2 ** 40], data: new Float32Array(1) };
    await assert.rejects(inspectBytes(encodeGguf(SMALL_METADATA, [tensor])), {
      code: "NOT_A_GGUF",
      message: /elements/,
    });
  });

  it("asks for an architecture", async () => {
    const { "general.architecture": _architecture, ...rest } = SMALL_METADATA;
    await assert.rejects(inspectBytes(encodeGguf(rest, [])), {
      code: "NOT_A_GGUF",
      message: /no general.architecture/,
    });
  });

  it("answers garbage behind a sound beginning with a ModelError or a summary, never anything else", async () => {
    const sound = smallGguf();
    const damage = fc.record({
      at: fc.nat(sound.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
      keep: fc.integer({ min: 4, max: sound.length }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, bytes, keep }) => {
        const damaged = Buffer.from(sound);
        damaged.set(bytes.subarray(0, damaged.length - at), at);
        await inspectBytes(damaged.subarray(0, keep)).catch((error: unknown) => assert.ok(error instanceof ModelError));
      }),
      { numRuns: 1_000 },
    );
  });

  it("answers pure garbage behind the magic likewise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4_096 }), async (bytes) => {
        const garbage = Buffer.concat([Buffer.from("GGUF\x03\0\0\0"), bytes]);
        await inspectBytes(garbage).catch((error: unknown) => assert.ok(error instanceof ModelError));
      }),
      { numRuns: 500 },
    );
  });

  it("tells a missing file, a directory and a device apart", async () => {
    await assert.rejects(inspectGguf(join(scratch.path, "none.gguf")), { code: "NOT_FOUND" });
    await assert.rejects(inspectGguf(scratch.path), { code: "NOT_A_FILE", message: /is a directory/ });
    if (process.platform === "win32") return;
    await assert.rejects(inspectGguf("/dev/zero"), { code: "NOT_A_FILE", message: /a device or a pipe/ });
  });
});
