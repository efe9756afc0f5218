import assert from "node:assert/strict";
import type { Message } from "../../src/core/conversation.js";
import type { ChatRequest } from "../../src/prepare/template/chat-template.js";
import { InputRefusal } from "../../src/core/generation-error.js";
import { findPeer } from "../bench/peer/find-or-build-peer.js";
import { PeerServer } from "../bench/peer/peer-server.js";
import { ReleaseFiles } from "../support/release-files.js";
import { FAMILIES } from "./golden/families.js";
import { FamilyTemplate, withoutDates } from "./golden/golden-prompt.js";
import { SCENES } from "./golden/scenes.js";

const UNPACK_LIMIT_MS = 120_000;

const PLAIN = ["a question", "a system message"];
const WITH_TOOLS = ["tools", "tools and a system message", "results of calls", "calls in the past"];

/** What is meant to differ, and how. */
const APART: Readonly<Record<string, readonly string[]>> = {
  // What is said before a call is kept, as a message of its own.
  "command-r7b": ["results of calls", "calls in the past"],
  // Calls are kept, though something is said before them.
  "deepseek-r1": ["results of calls", "calls in the past"],
  // The text before calls is kept, as a message of its own.
  "hermes-3": ["results of calls", "calls in the past"],
  // The second of two calls is kept, and what is said before them.
  "gpt-oss": ["results of calls", "calls in the past"],
};

/** Published templates as llama-server renders them. */
describe("prompts of published templates, beside llama-server's", () => {
  let files: ReleaseFiles;
  let peerPath: string;

  before(async function () {
    this.timeout(UNPACK_LIMIT_MS);
    const found = await findPeer();
    if ("skipped" in found) {
      console.error(`    skipped: ${found.skipped}`);
      return this.skip();
    }
    peerPath = found.path;
    files = await ReleaseFiles.open();
  });

  after(async () => {
    // Not there where the suite was skipped.
    const opened: (AsyncDisposable | undefined)[] = [files];
    for (const part of opened) await part?.[Symbol.asyncDispose]();
  });

  for (const family of FAMILIES) {
    it(`are the same for ${family.name}`, async function () {
      this.timeout(UNPACK_LIMIT_MS);
      await using loaded = await FamilyTemplate.load(family, files);
      const size = { slots: 1, contextTokens: 256, threads: 1 };
      await using peer = await PeerServer.start({ path: peerPath, modelPath: loaded.modelPath, ...size });
      const { tools, reasoning } = loaded.template.facts;
      const titles = tools === "block" ? PLAIN : [...PLAIN, ...WITH_TOOLS];
      let compared = 0;
      for (const [title, chat] of SCENES) {
        if (!titles.includes(title) || APART[family.name]?.includes(title) === true) continue;
        const theirs = await renderByPeer(peer, chat);
        const ours = tryRender(loaded, reasoning ? { ...chat, reasoning: true } : chat);
        // What one of the two refuses can't be compared.
        if (theirs === undefined || ours === undefined) continue;
        assert.equal(withoutDates(ours), withoutDates(theirs), title);
        compared++;
      }
      assert.ok(compared > 0);
    });
  }
});

function tryRender({ template, vocabulary }: FamilyTemplate, chat: ChatRequest): string | undefined {
  const { tokens } = vocabulary.model.fileInfo.metadata.tokenizer.ggml;
  try {
    return template
      .render(chat)
      .fragments.map((part) => (typeof part === "string" ? part : tokens[part]))
      .join("");
  } catch (error) {
    if (error instanceof InputRefusal) return undefined;
    throw error;
  }
}

async function renderByPeer(peer: PeerServer, { messages, tools }: ChatRequest): Promise<string | undefined> {
  const body = {
    messages: messages.map(toOpenAi),
    chat_template_kwargs: { enable_thinking: true, thinking: true },
    ...(tools && {
      tools: tools.tools.map(({ name, description, parameters }) => ({
        type: "function",
        function: { name, description, parameters: JSON.parse(parameters) as unknown },
      })),
    }),
  };
  try {
    return ((await peer.post("/apply-template", body)) as { prompt: string }).prompt;
  } catch (error) {
    if (error instanceof Error && error.message.includes("answered 400")) return undefined;
    throw error;
  }
}

function toOpenAi({ role, content, reasoning, toolCalls, toolCallId }: Message): object {
  return {
    role,
    content,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(toolCalls && {
      tool_calls: toolCalls.map(({ id, name, arguments: values }) => ({
        id,
        type: "function",
        function: { name, arguments: values },
      })),
    }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
  };
}
