import { randomBytes } from "node:crypto";
import type { Message, Tool } from "../../core/conversation.js";
import type { CallSyntax } from "../../core/call-syntax.js";
import { callFamilies } from "./call-syntaxes.js";
import { type ProbedCall, showsCall } from "./shown-calls.js";
import { PLAIN_SHAPE, type TemplateShape } from "./jinja-renderer.js";

/** Renders a conversation with these tools, or returns undefined if the template rejects it. */
export type RenderProbe = (
  messages: readonly Message[],
  options: { tools: readonly Tool[]; shape: TemplateShape },
) => string | undefined;

/** A template's support for tools. */
export interface ToolSupport {
  readonly shape: TemplateShape;
  /** The syntaxes of calls, at least one. */
  readonly calls: readonly CallSyntax[];
  /** Whether the template shows tools. If not, a block of text describes them. */
  readonly showsTools: boolean;
}

/**
 * Finds out how a template takes tools, calls and results, by rendering a conversation with all of them.
 * @returns undefined if the template shows no calls or results, or if the syntax of its calls is unknown
 */
export function findToolSupport(source: string, render: RenderProbe): ToolSupport | undefined {
  const guesses = callFamilies(source);
  const probe = new ProbeConversation();
  const shown = findToolShape(probe, render);
  const plain = shown ?? PLAIN_SHAPE;
  const showsTools = shown !== undefined;
  if (guesses.length === 0) return undefined;
  // A shape that loses the text before a call, or puts it after the call, is the last resort.
  for (const needsText of [true, false]) {
    for (const shape of shapes(plain)) {
      const calls = tryShape({ shape, probe, guesses, needsText }, render);
      if (calls !== undefined) return { shape: preferText({ shape, probe }, render), calls, showsTools };
    }
  }
  // A template with calls in an unknown syntax must not show calls in another one.
  return !showsTools || showsOwnCalls(source, render) ? undefined : findWritten(guesses, { plain, probe, render });
}

/** Whether a template shows calls, in whatever form. */
export function showsOwnCalls(source: string, render: RenderProbe): boolean {
  if (!source.includes("tool_calls")) return false;
  const probe = new ProbeConversation();
  const shown = findToolShape(probe, render);
  return [...shapes(shown ?? PLAIN_SHAPE)].some((shape) => {
    const rendered = render(probe.conversation, { tools: probe.tools, shape });
    return probe.showsCalls(rendered, shown !== undefined);
  });
}

/** The shape in which the template shows tools. undefined means that it shows none. */
function findToolShape(probe: ProbeConversation, render: RenderProbe): TemplateShape | undefined {
  return [false, true]
    .map((describesAll): TemplateShape => ({ ...PLAIN_SHAPE, describesAll }))
    .find((shape) => probe.showsTools(render([probe.question], { tools: probe.tools, shape })));
}

/** Passes arguments as JSON text if the result is the same, since the text keeps the model's white space. */
function preferText(
  { shape, probe }: { shape: TemplateShape; probe: ProbeConversation },
  render: RenderProbe,
): TemplateShape {
  const asText = { ...shape, calls: "text" } as const;
  const [byValue, byText] = [shape, asText].map((one) =>
    render(probe.conversation, { tools: probe.tools, shape: one }),
  );
  return byText === byValue ? asText : shape;
}

/** Finds a syntax in which a template without calls of its own shows them as the assistant's text. */
function findWritten(
  guesses: readonly (readonly CallSyntax[])[],
  { plain, probe, render }: { plain: TemplateShape; probe: ProbeConversation; render: RenderProbe },
): ToolSupport | undefined {
  for (const calls of guesses) {
    const [written] = calls;
    if (written === undefined) continue;
    const shape: TemplateShape = { ...plain, calls: { written } };
    const isShown = tryShape({ shape, probe, guesses: [calls], needsText: true }, render) !== undefined;
    if (isShown) return { shape, calls, showsTools: true };
  }
  return undefined;
}

function tryShape(
  {
    shape,
    probe,
    guesses,
    needsText,
  }: {
    shape: TemplateShape;
    probe: ProbeConversation;
    guesses: readonly (readonly CallSyntax[])[];
    needsText: boolean;
  },
  render: RenderProbe,
): readonly CallSyntax[] | undefined {
  const rendered = render(probe.conversation, { tools: probe.tools, shape });
  if (rendered === undefined || !probe.showsResults(rendered)) return undefined;
  if (needsText && !probe.showsTextFirst(rendered)) return undefined;
  return guesses.find((calls) =>
    calls.some((syntax) => probe.calls.every((call) => showsCall(rendered, syntax, call))),
  );
}

/** All shapes, from the most usual on. */
function* shapes(plain: TemplateShape): Generator<TemplateShape> {
  for (const ids of ["any", "nine", "numbered"] as const) {
    for (const callsApart of [false, true]) {
      for (const textApart of [false, true]) {
        for (const calls of ["value", "text"] as const) yield { ...plain, ids, callsApart, textApart, calls };
      }
      // Some templates show calls only where the content is null.
      yield { ...plain, ids, callsApart, textApart: true, calls: "text", hasNullContent: true };
    }
  }
}

/** A conversation whose every text can be found in its rendering. */
class ProbeConversation {
  readonly text = createWord();
  readonly calls: readonly ProbedCall[] = [createCall(), createCall()];
  readonly tools: readonly Tool[];
  readonly question: Message = { role: "user", content: createWord() };
  readonly conversation: readonly Message[];
  readonly #results = [createWord(), createWord()];

  constructor() {
    this.tools = this.calls.map(({ name, key, value }) => ({
      name,
      description: value,
      parameters: `{"type": "object", "properties": {"${key}": {"type": "string"}}, "required": ["${key}"]}`,
    }));
    const toolCalls = this.calls.map(({ name, key, value }, index) => ({
      id: `call_${index}`,
      name,
      arguments: `{"${key}": "${value}"}`,
    }));
    this.conversation = [
      this.question,
      { role: "assistant", content: this.text, toolCalls },
      ...this.#results.map((content, index): Message => ({ role: "tool", content, toolCallId: `call_${index}` })),
      { role: "assistant", content: createWord() },
      { role: "user", content: createWord() },
    ];
  }

  showsTools(rendered = ""): boolean {
    return this.calls.every(({ name, key, value }) => [name, key, value].every((word) => rendered.includes(word)));
  }

  /** Whether a call is there. Where tools are shown, their descriptions have the value of its argument too. */
  showsCalls(rendered: string | undefined, showsTools: boolean): boolean {
    return this.calls.some(({ value }) => (rendered ?? "").split(value).length > (showsTools ? 2 : 1));
  }

  /** Whether the text before the calls is there, and before the first call. */
  showsTextFirst(rendered: string): boolean {
    const at = rendered.lastIndexOf(this.text);
    return at >= 0 && this.calls.every(({ value }) => rendered.lastIndexOf(value) > at);
  }

  showsResults(rendered: string): boolean {
    return this.#results.every((result) => rendered.includes(result));
  }
}

function createCall(): ProbedCall {
  return { name: createWord(), key: createWord(), value: createWord() };
}

/** A random word that no template contains. */
function createWord(): string {
  return `x${randomBytes(6).toString("hex")}`;
}
