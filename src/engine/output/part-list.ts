import type { Channel } from "../../core/piece.js";
import type { ToolCallFragment } from "../../core/tool.js";
import type { OutputPart } from "./output-part.js";

/** Parts of one push: what follows its like is put together with it. */
export class PartList {
  #parts: OutputPart[] = [];
  /** `end` of the last part, of this push or another. */
  end = 0;

  addText(channel: Channel, text: string, end: number): void {
    if (text === "") return;
    const last = this.#parts.at(-1);
    if (last?.type === "text" && last.channel === channel) this.#replaceLast({ ...last, text: last.text + text, end });
    else this.#add({ type: "text", channel, text, end });
  }

  addFragment(call: ToolCallFragment, end: number): void {
    const last = this.#parts.at(-1);
    if (last?.type === "call" && last.call.index === call.index) {
      this.#replaceLast({ ...last, call: { ...last.call, arguments: last.call.arguments + call.arguments }, end });
    } else this.#add({ type: "call", call, end });
  }

  /** Says that all up to here is settled, with a part of no text where no other says it. */
  close(channel: Channel, end: number): void {
    if (this.end < end) this.#add({ type: "text", channel, text: "", end });
  }

  drain(): readonly OutputPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #add(part: OutputPart): void {
    this.#parts.push(part);
    this.end = part.end;
  }

  #replaceLast(part: OutputPart): void {
    this.#parts.pop();
    this.#add(part);
  }
}
