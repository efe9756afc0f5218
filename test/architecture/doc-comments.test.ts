import assert from "node:assert/strict";
import { Linter, type ESLint } from "eslint";
import { repositoryRoot } from "./repository-files.js";

/** Lints a text by the rule alone. @returns the messages */
async function lint(text: string): Promise<readonly string[]> {
  const module: unknown = await import(`${repositoryRoot}/.config/doc-comments.js`);
  const { docComments } = module as { readonly docComments: ESLint.Plugin };
  const messages = new Linter().verify(text, {
    plugins: { "doc-comments": docComments },
    rules: { "doc-comments/first-words": "error" },
  });
  return messages.map(({ message }) => message);
}

describe("The lint rule on doc comments", () => {
  it("refuses a comment that does not begin with its subject", async () => {
    for (const words of ["Of", "Those", "The same", "What", "Whose", "Who"]) {
      assert.deepEqual(await lint(`/** ${words} is read. */\nlet x;`), [
        `A doc comment begins with its subject, not with "${words}".`,
      ]);
      assert.equal((await lint(`function f() {\n  /**\n   * ${words} is read.\n   */\n  let x;\n}`)).length, 1);
    }
  });

  it("allows other comments, and longer words that begin alike", async () => {
    assert.deepEqual(await lint("/** Offers a token. */\nlet x;\n// Of a line comment.\n/* Of a block. */"), []);
    assert.deepEqual(await lint("/** The sampler, of those whose turn it is. */\nlet x;"), []);
    assert.deepEqual(await lint("/** @returns what is read */\nlet x;"), []);
  });
});
