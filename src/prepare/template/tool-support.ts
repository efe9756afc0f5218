import { randomBytes } from "node:crypto";
import type { Message } from "../../core/conversation.js";
import type { CallSyntax } from "../../core/output-format.js";
import type { Tool } from "../../core/tool.js";
import { callFamilies } from "./call-families.js";
import { type MessageShape, PLAIN_SHAPE } from "./message-variables.js";
import { type ProbedCall, showsCall } from "./shows-call.js";

/** What a template makes of a conversation with these tools. undefined: it refuses. */
export type ProbeTemplate = (
  messages: readonly Message[],
  options: { tools: readonly Tool[]; shape: MessageShape },
) => string | undefined;

/** How a template takes tools. */
export interface ToolPlace {
  readonly shape: MessageShape;
  /** What calls look like; at least one. */
  readonly calls: readonly CallSyntax[];
}

/**
 * Finds out how a template wants tools, calls and results, by showing it a conversation with both.
 * @returns undefined where it has no place for one of them, or where its calls are in no syntax that is known
 */
export function findToolPlace(source: string, probe: ProbeTemplate): ToolPlace | undefined {
  const guesses = callFamilies(source);
  const made = new Probed();
  const plain = [false, true]
    .map((describesAll): MessageShape => ({ ...PLAIN_SHAPE, describesAll }))
    .find((shape) => made.showsTools(probe([made.question], { tools: made.tools, shape })));
  if (guesses.length === 0 || plain === undefined) return undefined;
  // What is said before a call is only lost where there is no other way.
  for (const needsText of [true, false]) {
    for (const shape of shapes(plain)) {
      const calls = tryShape({ shape, made, guesses, needsText }, probe);
      if (calls !== undefined) return { shape: preferText({ shape, made }, probe), calls };
    }
  }
  // A template that has calls of its own, in a syntax that is not known, must not be told calls in another.
  const hasOwnCalls = [...shapes(plain)].some((shape) =>
    made.showsCalls(probe(made.conversation, { tools: made.tools, shape })),
  );
  return hasOwnCalls ? undefined : findWritten(guesses, { plain, made, probe });
}

/** Where arguments as JSON text come to the same, they are text: as the model wrote them, whatever its white space. */
function preferText({ shape, made }: { shape: MessageShape; made: Probed }, probe: ProbeTemplate): MessageShape {
  const asText = { ...shape, calls: "text" } as const;
  const [byValue, byText] = [shape, asText].map((one) => probe(made.conversation, { tools: made.tools, shape: one }));
  return byText === byValue ? asText : shape;
}

/** Templates without calls of their own take them as what the assistant said. */
function findWritten(
  guesses: readonly (readonly CallSyntax[])[],
  { plain, made, probe }: { plain: MessageShape; made: Probed; probe: ProbeTemplate },
): ToolPlace | undefined {
  for (const calls of guesses) {
    const [written] = calls;
    if (written === undefined) continue;
    const shape: MessageShape = { ...plain, calls: { written } };
    const isShown = tryShape({ shape, made, guesses: [calls], needsText: true }, probe) !== undefined;
    if (isShown) return { shape, calls };
  }
  return undefined;
}

function tryShape(
  {
    shape,
    made,
    guesses,
    needsText,
  }: { shape: MessageShape; made: Probed; guesses: readonly (readonly CallSyntax[])[]; needsText: boolean },
  probe: ProbeTemplate,
): readonly CallSyntax[] | undefined {
  const rendered = probe(made.conversation, { tools: made.tools, shape });
  if (rendered === undefined || !made.showsResults(rendered)) return undefined;
  if (needsText && !rendered.includes(made.text)) return undefined;
  return guesses.find((calls) => calls.some((syntax) => made.calls.every((call) => showsCall(rendered, syntax, call))));
}

/** The most usual first. */
function* shapes(plain: MessageShape): Generator<MessageShape> {
  for (const ids of ["any", "nine", "numbered"] as const) {
    for (const callsApart of [false, true]) {
      for (const textApart of [false, true]) {
        for (const calls of ["value", "text"] as const) yield { ...plain, ids, callsApart, textApart, calls };
      }
    }
  }
}

/** A conversation whose every part can be found again. */
class Probed {
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

  showsCalls(rendered = ""): boolean {
    return this.calls.some(({ value }) => rendered.split(value).length > 2);
  }

  showsResults(rendered: string): boolean {
    return this.#results.every((result) => rendered.includes(result));
  }
}

function createCall(): ProbedCall {
  return { name: createWord(), key: createWord(), value: createWord() };
}

/** Letters and digits that stand nowhere in a template. */
function createWord(): string {
  return `x${randomBytes(6).toString("hex")}`;
}
