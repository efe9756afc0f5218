import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnswerJournal } from "./answer-journal.js";

const ASKED = { one: { list: "mcp", name: "server/tool", schema: {} }, way: "AUTO", seed: 4 } as const;
const ANSWER = { taken: true, notHeld: [], outputs: ["{}"], isCut: false, outputTokens: 3 } as const;

describe("The journal of a proof's answers", () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rill-journal-"));
    path = join(folder, "answers.jsonl");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("finds what an interrupted run has kept, without the line that was cut", () => {
    new AnswerJournal(path).add(ASKED, ANSWER);
    appendFileSync(path, '{"key":"mcp server/other');
    const journal = new AnswerJournal(path);
    assert.deepEqual(journal.find(ASKED), ANSWER);
    assert.equal(journal.find({ ...ASKED, seed: 5 }), undefined);
    journal.add({ ...ASKED, seed: 5 }, { taken: false, reasons: ["why"] });
    assert.deepEqual(new AnswerJournal(path).find({ ...ASKED, seed: 5 }), { taken: false, reasons: ["why"] });
  });

  it("refuses the answers of another state of the product", () => {
    writeFileSync(path, '{"source":"other"}\n');
    assert.throws(() => new AnswerJournal(path), /holds answers of another src\/: other/);
  });
});
