import assert from "node:assert/strict";
import { boundUnheld } from "../../../src/prepare/grammar/bound-unheld.js";

const keywords = (count: number, description: string) =>
  Array.from({ length: count }, (_, index) => ({
    field: `chat.tools[${index}].parameters`,
    pointer: "/not",
    description,
  }));

describe("the keywords that a response lists as not held", () => {
  it("are all of them within the bounds", () => {
    const listed = keywords(512, "is not held");
    assert.deepEqual(boundUnheld(listed), listed);
  });

  it("end with an entry that counts those beyond the number", () => {
    const listed = boundUnheld(keywords(600, "is not held"));
    assert.deepEqual(listed.slice(0, -1), keywords(512, "is not held"));
    assert.deepEqual(listed.at(-1), { field: "", pointer: "", description: "88 more keywords are not held" });
  });

  it("end with an entry that counts those beyond the bytes, and keep the short ones", () => {
    const long = { field: "json_schema", pointer: `/properties/${"é".repeat(40_000)}`, description: "is not held" };
    const [short] = keywords(1, "is not held");
    assert.ok(short);
    assert.deepEqual(boundUnheld([long, short, long]), [
      short,
      { field: "", pointer: "", description: "2 more keywords are not held" },
    ]);
    const many = boundUnheld(keywords(400, "x".repeat(1_000)));
    assert.ok(Buffer.byteLength(JSON.stringify(many)) < 80_000);
    assert.match(many.at(-1)?.description ?? "", /^\d+ more keywords are not held$/);
  });
});
