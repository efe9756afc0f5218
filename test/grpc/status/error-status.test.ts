import assert from "node:assert/strict";
import fc from "fast-check";
import { Metadata } from "@grpc/grpc-js";
import { ERROR_CODES, GenerationError } from "../../../src/core/generation-error.js";
import { MAX_DETAILS_BYTES, MAX_VIOLATIONS, toErrorStatus } from "../../../src/grpc/status/error-status.js";
import { STATUS_OF_CODE } from "../../../src/grpc/status/status-table.js";
import { statusDetails } from "../../support/status-details.js";

/** Beyond it, Python's client replaces the status by another one. */
const MAX_TRAILER_BYTES = 8 * 1024;
const anyText = fc.string({ unit: "binary", maxLength: 3_000 });

const errors = fc
  .record({
    code: fc.constantFrom(...ERROR_CODES),
    message: anyText,
    violations: fc.array(fc.record({ field: anyText, description: anyText }), { maxLength: 40 }),
    facts: fc.dictionary(fc.stringMatching(/^[a-z_]{1,20}$/), anyText, { maxKeys: 30 }),
    retryAfterMs: fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: undefined }),
  })
  .map(({ code, message, violations, facts, retryAfterMs }) => {
    const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
    return new GenerationError(code, message, { violations, facts, ...retry });
  });

describe("The status of an error", () => {
  it("keeps every bound and its reason, however large the error is", () => {
    fc.assert(
      fc.property(errors, (error) => {
        const status = toErrorStatus(error);
        const met = statusDetails(status);
        assert.deepEqual([met.code, met.reason], [STATUS_OF_CODE[error.code], error.code]);
        assert.ok(met.detailBytes <= MAX_DETAILS_BYTES);
        assert.ok(met.fields.length <= MAX_VIOLATIONS);
        assert.ok(Buffer.byteLength(status.details) <= 1024);
        const headers = Object.values(status.metadata.toHttp2Headers()).flat().map(String);
        const bytes = headers.reduce((sum, header) => sum + header.length, encodeURI(status.details).length);
        assert.ok(bytes < MAX_TRAILER_BYTES);
        if (error.violations.length > 0) assert.equal(met.facts.violations_total, String(error.violations.length));
        assert.equal(met.pushbackMs !== undefined, error.retryAfterMs !== undefined);
      }),
    );
  });

  it("names the first violations when not all have room", () => {
    const violations = Array.from({ length: 30 }, (_, index) => ({ field: `f${index}`, description: "d" }));
    const { fields } = statusDetails(toErrorStatus(new GenerationError("INVALID_REQUEST", "many", { violations })));
    assert.deepEqual(
      fields,
      violations.slice(0, 20).map(({ field }) => field),
    );
  });

  it("goes out with the trailers of its call", () => {
    const trailers = new Metadata();
    trailers.set("x-rill-generation-id", "gen_1");
    const { metadata } = toErrorStatus(new GenerationError("ENGINE_LOST", "gone"), trailers);
    assert.deepEqual(metadata.get("x-rill-generation-id"), ["gen_1"]);
    assert.equal(metadata.get("grpc-status-details-bin").length, 1);
  });
});
