import assert from "node:assert/strict";
import { statementChanges } from "./running-statements.js";

describe("The changes of running code", () => {
  const twice = "/** Doubles a number. */\nexport function twice(n: number): number {\n  return 2 * n; // exact\n}\n";
  const unit = "const UNIT = 1;\n";

  it("are none where only comments, types, imports or line breaks differ", () => {
    const reworded =
      "/** Returns the double. */\nexport function twice(\n  n: number,\n): number {\n  return 2 * n;\n}\n";
    const imports = 'import type { Lane } from "./lane.js";\nimport { unit } from "./unit.js";\n';
    assert.deepEqual(statementChanges([twice], [reworded]), { added: [], removed: [] });
    assert.deepEqual(statementChanges([twice + unit], [imports + twice + unit]), { added: [], removed: [] });
  });

  it("are none where a declaration moves to another file and is no longer exported", () => {
    const moved = [unit + twice.replace("export ", "")];
    assert.deepEqual(statementChanges([twice, unit], moved), { added: [], removed: [] });
  });

  it("name each declaration whose body differs, and each that comes or goes", () => {
    const changes = statementChanges([twice, unit], [twice.replace("2 * n", "3 * n"), "export class Lane {}\n"]);
    assert.deepEqual(changes, { added: ["twice", "Lane"], removed: ["twice", "UNIT"] });
  });

  it("count a statement that stands twice where it stood once", () => {
    assert.deepEqual(statementChanges([unit], [unit, unit]), { added: ["UNIT"], removed: [] });
  });
});
