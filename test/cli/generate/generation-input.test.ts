import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type InputFlags, readGenerationInput } from "../../../src/cli/generate/generation-input.js";
import { UsageError } from "../../../src/cli/command/usage-error.js";

const NOTHING: InputFlags = {
  prompt: undefined,
  file: undefined,
  chat: false,
  system: undefined,
  messages: undefined,
  hasTokens: false,
  turn: undefined,
};

/** Standard input that holds a text, or a person at a terminal who never types. */
function input(text: string | undefined): NodeJS.ReadStream {
  const stream = Object.assign(new PassThrough(), { isTTY: text === undefined });
  if (text !== undefined) stream.end(text);
  return stream as unknown as NodeJS.ReadStream;
}

describe("readGenerationInput", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-input-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const read = (given: Partial<InputFlags>, stdin?: string) =>
    readGenerationInput({ ...NOTHING, ...given }, input(stdin));

  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };

  const refuses = async (reading: Promise<unknown>, problem: RegExp): Promise<void> => {
    await assert.rejects(reading, (error: UsageError) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, problem);
      return true;
    });
  };

  it("takes the prompt from the argument, whatever standard input holds", async () => {
    assert.deepEqual(await read({ prompt: "Hi" }, "other"), { prompt: "Hi" });
    assert.deepEqual(await read({ prompt: "" }), { prompt: "" });
  });

  it("takes it from a file or from standard input, less one line break at the end", async () => {
    const file = await write("prompt.txt", "one\ntwo\n\n");
    assert.deepEqual(await read({ file }), { prompt: "one\ntwo\n" });
    assert.deepEqual(await read({}, "grüße\r\n"), { prompt: "grüße" });
    assert.deepEqual(await read({ prompt: "-" }, "a"), { prompt: "a" });
    assert.deepEqual(await read({ file: "-" }, "a"), { prompt: "a" });
  });

  it("asks for a prompt where there is none, and waits for nobody at a terminal", async () => {
    await refuses(read({}), /there is no prompt/);
    await refuses(read({ chat: true }), /there is no prompt/);
    await refuses(read({}, "\n"), /there is no prompt/);
  });

  it("refuses two prompts, a file that is missing, and bytes that are no UTF-8", async () => {
    await refuses(read({ prompt: "a", file: "b" }), /only one/);
    await refuses(read({ file: join(folder, "absent") }), /absent: cannot be read \(ENOENT\)/);
    await refuses(read({ file: await write("bytes", Uint8Array.of(0x61, 0xff)) }), /bytes: is no UTF-8 text/);
  });

  it("makes a chat of a system message, the messages of a file and the prompt, in this order", async () => {
    const messages = await write(
      "chat.yaml",
      "- role: user\n  content: Hi\n- {role: ROLE_ASSISTANT, content: Hello}\n",
    );
    assert.deepEqual(await read({ prompt: "And?", system: "Be brief", messages }), {
      chat: {
        messages: [
          { role: "ROLE_SYSTEM", content: "Be brief" },
          { role: "ROLE_USER", content: "Hi" },
          { role: "ROLE_ASSISTANT", content: "Hello" },
          { role: "ROLE_USER", content: "And?" },
        ],
      },
    });
    assert.deepEqual(await read({ chat: true }, "Hi\n"), {
      chat: { messages: [{ role: "ROLE_USER", content: "Hi" }] },
    });
  });

  it("takes messages from JSON too, with keys that only the contract knows, and leaves standard input alone", async () => {
    const messages = await write("chat.json", '[{"role":"user","content":"Hi","name":"Ann"}]');
    const { chat } = await read({ messages }, "not read");
    assert.deepEqual(chat, { messages: [{ role: "ROLE_USER", content: "Hi", name: "Ann" }] });
  });

  it("says which message of a file is wrong", async () => {
    await refuses(read({ messages: await write("a.yaml", "role: user") }), /a\.yaml: must be a list of messages/);
    await refuses(
      read({ messages: await write("b.yaml", "- {role: user, content: a}\n- hi\n") }),
      /message 2 must have/,
    );
    await refuses(read({ messages: await write("c.yaml", "- {role: user, content: 3}") }), /message 1 must have/);
    await refuses(read({ messages: await write("d.yaml", "- [") }), /d\.yaml: .*line 1/);
  });

  it("takes tokens alone, and no text beside them", async () => {
    assert.deepEqual(await read({ hasTokens: true }, "not read"), {});
    await refuses(read({ hasTokens: true, prompt: "a" }), /only one/);
    await refuses(read({ hasTokens: true, system: "a" }), /only one/);
  });

  it("makes the messages those of a turn where a session is named", async () => {
    const messages = await write("turn.yaml", "- {role: user, content: Hi}\n");
    const turn = { session_id: "ses_a", wait_if_busy: true };
    assert.deepEqual(await read({ prompt: "And?", system: "Be brief", messages, turn }), {
      turn: {
        ...turn,
        messages: [
          { role: "ROLE_SYSTEM", content: "Be brief" },
          { role: "ROLE_USER", content: "Hi" },
          { role: "ROLE_USER", content: "And?" },
        ],
      },
    });
    assert.deepEqual(await read({ turn }, "from standard input\n"), {
      turn: { ...turn, messages: [{ role: "ROLE_USER", content: "from standard input" }] },
    });
    await refuses(read({ turn }), /there is no prompt/);
  });

  it("goes on with an answer without new messages, and leaves standard input alone", async () => {
    const turn = { session_id: "ses_a", continue_answer: true };
    assert.deepEqual(await read({ turn }, "not read"), { turn });
    for (const given of [
      { prompt: "a" },
      { prompt: "-" },
      { file: "a" },
      { system: "a" },
      { messages: "a" },
      { chat: true },
    ]) {
      await refuses(read({ turn, ...given }), /^--continue: .* neither a prompt nor messages/);
    }
  });

  it("makes a chat of a prompt with tools, and of results of calls", async () => {
    const tools = [{ name: "f" }];
    assert.deepEqual(await read({ prompt: "Hi", turn: { tools } }), {
      chat: { messages: [{ role: "ROLE_USER", content: "Hi" }], tools },
    });
    const result = await write("result.txt", "so\n");
    const messages = await write("calls.json", '[{"role":"ROLE_USER","content":"Hi"}]');
    const toolResults = [`c1=${result}`, `c2=${result}`];
    const results = [
      { role: "ROLE_TOOL", tool_call_id: "c1", content: "so" },
      { role: "ROLE_TOOL", tool_call_id: "c2", content: "so" },
    ];
    assert.deepEqual(await read({ messages, toolResults, turn: { tools } }, "not read"), {
      chat: { messages: [{ role: "ROLE_USER", content: "Hi" }, ...results], tools },
    });
    assert.deepEqual(await read({ toolResults, prompt: "And?", turn: { session_id: "ses_a", tools } }), {
      turn: { session_id: "ses_a", tools, messages: [...results, { role: "ROLE_USER", content: "And?" }] },
    });
    await refuses(read({ toolResults: ["c1"] }), /--tool-result: "c1" must be the id of a call/);
    await refuses(read({ toolResults: [`=${result}`] }), /--tool-result/);
    await refuses(read({ hasTokens: true, turn: { tools } }), /only one/);
    await refuses(read({ turn: { session_id: "ses_a", continue_answer: true }, toolResults }), /neither a prompt/);
  });

  it("refuses what belongs to a turn without a session, and tokens for a turn", async () => {
    const turn = { expected_revision: 3, continue_answer: true };
    await refuses(read({ prompt: "a", turn }), /^--continue, --expected-revision: only for a turn of a session/);
    await refuses(read({ hasTokens: true, turn: { session_id: "ses_a" } }), /only one/);
  });
});
