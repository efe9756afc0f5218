import type { Message } from "../../core/conversation.js";
import { createMark } from "./hidden-texts.js";
import { InputRefusal } from "../../core/violations.js";
import type { JinjaRenderer, Rendering } from "./jinja-renderer.js";

/** Where a template puts system messages. Many know one at the beginning only: elsewhere instructions would be left out without a word. */
export class SystemPlace {
  /** Whether there is a place for one that begins the conversation. */
  readonly isKnown: boolean;
  readonly #renderer: JinjaRenderer;
  readonly #bare: Omit<Rendering, "messages">;

  /** @param bare a rendering without anything that is not said */
  constructor(renderer: JinjaRenderer, bare: Omit<Rendering, "messages">) {
    this.#renderer = renderer;
    this.#bare = bare;
    const [system, user]: readonly Message[] = [
      { role: "system", content: "x" },
      { role: "user", content: "x" },
    ];
    this.isKnown = this.#findLost({ ...bare, messages: [system, user].filter((it) => it !== undefined) }) === undefined;
  }

  /**
   * Refuses system messages that would be left out.
   * @param messages the caller's, of which those of the rendering were made: there may be one more system message in front
   */
  require(messages: readonly Message[], rendering: Rendering): void {
    const own = [...messages.keys()].filter((index) => messages[index]?.role === "system");
    if (own.length === 0) return;
    const lost = this.#findLost({ ...rendering, messages: untilQuestion(rendering.messages) });
    if (lost === undefined || lost === "refused") return;
    const added = rendering.messages.filter(({ role }) => role === "system").length - own.length;
    const index = own[Math.max(0, lost - added)] ?? 0;
    throw new InputRefusal(`chat.messages[${index}].role`, "the model's chat template leaves this system message out");
  }

  /** What the template says where no system message begins the conversation; empty: nothing. */
  defaultText(more: Pick<Rendering, "variables" | "texts">): string {
    const [system, question] = [createMark(), createMark()];
    const user: Message = { role: "user", content: question };
    const rendering = { ...this.#bare, ...more };
    const without = this.#renderer.tryRun({ ...rendering, messages: [user] });
    const [before, after] =
      this.#renderer.tryRun({ ...rendering, messages: [{ role: "system", content: system }, user] })?.split(system) ??
      [];
    if (without === undefined || before === undefined || after === undefined) return "";
    if (!without.startsWith(before) || !without.endsWith(after)) return "";
    return without.slice(before.length, without.length - after.length);
  }

  /** Which system message would be left out, counted among system messages. refused: the template does not take such a conversation at all. */
  #findLost(rendering: Rendering): number | "refused" | undefined {
    const marks: string[] = [];
    const messages = rendering.messages.map(({ reasoning: _, ...message }): Message => {
      if (message.role !== "system") return { ...message, content: "x" };
      const mark = createMark();
      marks.push(mark);
      return { ...message, content: mark };
    });
    const rendered = this.#renderer.tryRun({ ...rendering, messages });
    if (rendered === undefined) return "refused";
    const lost = marks.findIndex((mark) => !rendered.includes(mark));
    return lost < 0 ? undefined : lost;
  }
}

/** The conversation without the calls and results that come last: some templates show the system message beside a question only. */
function untilQuestion(messages: readonly Message[]): readonly Message[] {
  if (messages.at(-1)?.role !== "tool") return messages;
  const last = messages.findLastIndex(({ role }) => role === "user");
  return last < 0 ? messages : messages.slice(0, last + 1);
}
