import type { Message } from "../../core/conversation.js";
import { createMark } from "./hidden-texts.js";
import { InputRefusal } from "../../core/generation-error.js";
import type { JinjaRenderer, Rendering } from "./jinja-renderer.js";

/** A template's support for system messages. Many templates show only one at the beginning and would silently drop the others. */
export class SystemMessages {
  /** Whether the template shows a system message at the beginning. */
  readonly isSupported: boolean;
  readonly #renderer: JinjaRenderer;
  readonly #bare: Omit<Rendering, "messages">;

  /** @param bare a rendering without tools and variables */
  constructor(renderer: JinjaRenderer, bare: Omit<Rendering, "messages">) {
    this.#renderer = renderer;
    this.#bare = bare;
    const [system, user]: readonly Message[] = [
      { role: "system", content: "x" },
      { role: "user", content: "x" },
    ];
    this.isSupported =
      this.#findDropped({ ...bare, messages: [system, user].filter((it) => it !== undefined) }) === undefined;
  }

  /**
   * Rejects system messages that the template would drop.
   * @param messages the caller's messages. The rendering may have one more system message in front.
   * @throws InputRefusal
   */
  require(messages: readonly Message[], rendering: Rendering): void {
    const own = [...messages.keys()].filter((index) => messages[index]?.role === "system");
    if (own.length === 0) return;
    const dropped = this.#findDropped({ ...rendering, messages: untilQuestion(rendering.messages) });
    if (dropped === undefined || dropped === "refused") return;
    const added = rendering.messages.filter(({ role }) => role === "system").length - own.length;
    const index = own[Math.max(0, dropped - added)] ?? 0;
    throw new InputRefusal(
      `chat.messages[${index}].role`,
      "is dropped: the model's chat template does not show a system message here",
    );
  }

  /** The template's own text for a conversation without a system message. It may be empty. */
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

  /** The index, among the system messages, of the first that the template drops. `refused` means that the template rejects the conversation. */
  #findDropped(rendering: Rendering): number | "refused" | undefined {
    const marks: string[] = [];
    const messages = rendering.messages.map(({ reasoning: _, ...message }): Message => {
      if (message.role !== "system") return { ...message, content: "x" };
      const mark = createMark();
      marks.push(mark);
      return { ...message, content: mark };
    });
    const rendered = this.#renderer.tryRun({ ...rendering, messages });
    if (rendered === undefined) return "refused";
    const dropped = marks.findIndex((mark) => !rendered.includes(mark));
    return dropped < 0 ? undefined : dropped;
  }
}

/** The conversation without the calls and results at its end, since some templates show the system message only beside a question. */
function untilQuestion(messages: readonly Message[]): readonly Message[] {
  if (messages.at(-1)?.role !== "tool") return messages;
  const last = messages.findLastIndex(({ role }) => role === "user");
  return last < 0 ? messages : messages.slice(0, last + 1);
}
