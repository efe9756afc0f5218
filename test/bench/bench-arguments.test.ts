import assert from "node:assert/strict";
import { ArgumentError, parseBenchArguments } from "./bench-arguments.js";

const KNOWN = ["streams", "joining", "memory"];

function refusal(...args: string[]): string {
  try {
    parseBenchArguments(args, KNOWN);
  } catch (error) {
    assert.ok(error instanceof ArgumentError);
    return error.message;
  }
  assert.fail(`${args.join(" ")} was taken`);
}

describe("the bench's command line", () => {
  it("runs every case without flags, and fewer rounds of them in the short form", () => {
    assert.deepEqual(parseBenchArguments([], KNOWN), {
      cases: KNOWN,
      rounds: 3,
      short: false,
      out: "bench-report",
      record: undefined,
    });
    assert.equal(parseBenchArguments(["--short"], KNOWN).rounds, 1);
    assert.equal(parseBenchArguments(["--short", "--rounds", "4"], KNOWN).rounds, 4);
  });

  it("takes cases by name, in the order of the table", () => {
    assert.deepEqual(parseBenchArguments(["--cases", "memory, streams"], KNOWN).cases, ["streams", "memory"]);
  });

  it("names what it does not know, and what there is", () => {
    assert.equal(refusal("--cases", "streams,stream"), '--cases: no case "stream"; there are streams, joining, memory');
    assert.match(refusal("--cases", ""), /no case ""/);
    assert.match(refusal("--round", "3"), /--round/);
    assert.match(refusal("streams"), /streams/);
    assert.equal(refusal("--out", ""), "--out: the name of a folder");
  });

  it("keeps figures under a plain name, and never those of a short run", () => {
    assert.equal(parseBenchArguments(["--record", "streams"], KNOWN).record, "streams");
    assert.match(refusal("--record", "../streams"), /^--record: a name of small letters, .* not "\.\.\/streams"$/);
    assert.match(refusal("--record", "streams", "--short"), /^--record: not with --short/);
  });

  it("takes a whole number of rounds from 1 to 99", () => {
    for (const rounds of ["0", "100", "1.5", "-1", "many", ""]) {
      assert.equal(refusal(`--rounds=${rounds}`), `--rounds: a whole number from 1 to 99, not "${rounds}"`);
    }
    assert.equal(parseBenchArguments(["--rounds", "99"], KNOWN).rounds, 99);
  });
});
