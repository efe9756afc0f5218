import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { listTools } from "./tool-server.js";

/** A server that logs, asks for the roots of its client before it answers, and has one tool on each of two pages. */
const PAGED_SERVER = `
  const say = (message) => console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));
  const tool = (name) => ({ name, inputSchema: { type: "object" } });
  let asked;
  console.log("starting");
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params, result } = JSON.parse(line);
    if (method === "initialize") say({ id, result: {} });
    if (method === "tools/list" && params.cursor === undefined) {
      asked = id;
      say({ id: "roots", method: "roots/list" });
    }
    if (id === "roots" && result.roots.length === 0) say({ id: asked, result: { tools: [tool("one")], nextCursor: "two" } });
    if (method === "tools/list" && params.cursor === "two") say({ id, result: { tools: [tool("two")] } });
  });
`;

function commandOf(script: string) {
  return { program: process.execPath, args: ["--eval", script], environment: {}, folder: tmpdir() };
}

describe("The list of a server's tools", () => {
  it("holds the tools of all pages", async () => {
    const tools = await listTools(commandOf(PAGED_SERVER));
    assert.deepEqual(
      tools.map(({ name }) => name),
      ["one", "two"],
    );
  });

  it("fails with what the server said when it ends", async () => {
    await assert.rejects(
      listTools(commandOf(`console.error("no key"); process.exit(1)`)),
      /it has ended; it said: no key/,
    );
  });
});
