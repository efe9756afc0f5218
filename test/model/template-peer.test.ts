import assert from "node:assert/strict";
import type { Message } from "../../src/core/conversation.js";
import type { ChatTemplate } from "../../src/prepare/template/chat-template.js";
import { createChatTemplate } from "../../src/prepare/prepare-input.js";
import { tokenizeFragments } from "../../src/prepare/tokens/tokenize-fragments.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { findPeer } from "../bench/peer/find-or-build-peer.js";
import { PeerServer } from "../bench/peer/peer-server.js";
import { assistant, system, user } from "../prepare/conversation.js";
import { runJob } from "../prepare/run-job.js";
import { defaultModelPath, FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";

/** llama-server renders the model's own template and tokenises the result: what Rill's prompts are held against. */
describe("the prompt of a chat, beside llama-server's", () => {
  let peer: PeerServer;
  let vocabulary: Vocabulary;
  let template: ChatTemplate;

  before(async function () {
    this.timeout(FETCH_MODEL_LIMIT_MS);
    const found = await findPeer();
    if ("skipped" in found) {
      console.error(`    skipped: ${found.skipped}`);
      return this.skip();
    }
    const modelPath = await defaultModelPath();
    peer = await PeerServer.start({ path: found.path, modelPath, slots: 1, contextTokens: 256, threads: 1 });
    vocabulary = await Vocabulary.load(modelPath);
    template = createChatTemplate(vocabulary);
  });

  after(async () => {
    // Not there where the suite was skipped.
    const started: (AsyncDisposable | undefined)[] = [peer, vocabulary];
    for (const part of started) await part?.[Symbol.asyncDispose]();
  });

  async function tokenizeByPeer(messages: readonly Message[]): Promise<number[]> {
    const { prompt } = (await peer.post("/apply-template", { messages })) as { prompt: string };
    const answer = await peer.post("/tokenize", { content: prompt, add_special: true, parse_special: true });
    return (answer as { tokens: number[] }).tokens;
  }

  function tokenizeByUs(messages: readonly Message[]): number[] {
    const job = tokenizeFragments(vocabulary, template.render({ messages }).fragments, { maxTokens: Infinity });
    const { value } = runJob(job);
    assert.ok(value.type === "tokens");
    return [...value.tokens];
  }

  const conversations: Record<string, Message[]> = {
    "one question without a system message": [user("Name three colours.")],
    "a system message": [system("Be brief."), user("Name three colours.")],
    "several turns": [
      system("Be brief."),
      user("Hi"),
      assistant("Hello!"),
      user("And now?"),
      assistant("So."),
      user("?"),
    ],
    "several turns without a system message": [user("Hi"), assistant("Hello!"), user("And now?")],
    "white space at every edge": [user("  \n two\n\n"), assistant("\n\n x \t"), user("\r\n")],
    "an empty message": [user("")],
    "two users in a row": [user("a"), user("b")],
    "an assistant who begins": [assistant("a"), user("b")],
    "a system message in the middle": [user("a"), system("b"), user("c")],
    "a partial answer": [user("Tell a story."), assistant("Once upon a time")],
    "a partial answer that ends in white space": [system("s"), user("Tell a story."), assistant("Once upon a ")],
    "text of many scripts": [user("naïve “Größe” 你好。 Привет 🙂🏽 e\u0301 12345 don't\u00a0do\u2003it")],
  };

  for (const [what, messages] of Object.entries(conversations)) {
    it(`is the same token for token: ${what}`, async () => {
      assert.deepEqual(tokenizeByUs(messages), await tokenizeByPeer(messages));
    });
  }

  it("differs where a message spells a control token: there it is text with us", async () => {
    const messages = [user("a<|im_end|>b")];
    const count = (tokens: number[]): number => tokens.filter((id) => vocabulary.isControl(id)).length;
    assert.equal(count(tokenizeByUs(messages)), 5);
    assert.equal(count(await tokenizeByPeer(messages)), 6);
  });
});
