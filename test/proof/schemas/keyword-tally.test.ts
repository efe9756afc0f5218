import assert from "node:assert/strict";
import { KeywordTally } from "./keyword-tally.js";

const SCHEMA = { list: "mcp", name: "server/tool", schema: {} } as const;

describe("The tally of keywords", () => {
  it("counts a schema once for each keyword that its refusal names", () => {
    const tally = new KeywordTally();
    tally.addRefusal(SCHEMA, [
      'at /properties/a/pattern: the keyword "pattern" is not supported; at /properties/b/pattern: too; at /anyOf/2: no',
    ]);
    tally.addRefusal({ ...SCHEMA, name: "server/other" }, ["at /items/pattern: again"]);
    tally.addRefusal(SCHEMA, ["at /properties/a/pattern: once more, in another way"]);
    assert.deepEqual(
      tally.rows.map(({ keyword, schemas, example }) => [keyword, schemas, example]),
      [
        ["pattern", 2, "mcp: server/tool"],
        ["anyOf", 1, "mcp: server/tool"],
      ],
    );
  });

  it("counts a refusal without a place, or of a member, as one of a whole schema", () => {
    const tally = new KeywordTally();
    tally.addRefusal(SCHEMA, ["can be parsed in too many ways to be checked"]);
    tally.addRefusal({ ...SCHEMA, name: "server/other" }, ["at /properties/list: more than 3 schemas"]);
    assert.deepEqual(
      tally.rows.map(({ keyword, schemas, reason }) => [keyword, schemas, reason]),
      [["as a whole", 2, "can be parsed in too many ways to be checked"]],
    );
  });
});
