import type { CallHead } from "../../core/call-syntax.js";
import type { OutputFormat } from "../../core/output-format.js";
import { openingsOf } from "../output/call-reader.js";
import { MarkWatch } from "./mark-watch.js";

/** The most bytes after a mark in which the name of a tool is looked for. */
const MAX_BYTES = 1_024;

/** Returns the marks that calls may begin with, and whether each opens a call for sure. A mark that an answer or reasoning begins with as well, or that ends the prompt, does not. */
export function sortedMarks(format: OutputFormat): {
  readonly sure: readonly string[];
  readonly doubtful: readonly string[];
} {
  const marks = openingsOf(format).map(({ mark }) => mark.trim());
  const others = framesOf(format);
  const isDoubtful = (mark: string): boolean =>
    mark !== "" && ((format.opened ?? "").endsWith(mark) || others.some((frame) => frame.startsWith(mark)));
  return { sure: marks.filter((mark) => !isDoubtful(mark)), doubtful: marks.filter(isDoubtful) };
}

function framesOf({ frames = [], reasoning }: OutputFormat): readonly string[] {
  return reasoning === undefined ? frames : [...frames, reasoning.begin];
}

/** begun: the text may become a call. certain: it is one, since the name of a tool is written whole. */
type CallStage = "none" | "begun" | "certain";

/**
 * Follows marks that may open a call or something else, such as Functionary's `>>>` before a tool's name or before `all`. The prompt may end with such a
 * mark. A call is certain once the name of a tool is written whole after it.
 */
export class DoubtfulOpening {
  readonly #watch: MarkWatch;
  readonly #marks: readonly string[];
  /** The markup of answers and reasoning that begins with a mark. */
  readonly #frames: readonly string[];
  readonly #stageOf: (afterMark: string) => CallStage;
  /** The output from the last mark on, while it may become a call. */
  #written: Uint8Array | undefined;

  constructor(format: OutputFormat, marks: readonly string[]) {
    this.#watch = new MarkWatch(marks);
    this.#marks = marks.toSorted((a, b) => b.length - a.length);
    this.#frames = framesOf(format).filter((frame) => marks.some((mark) => frame.startsWith(mark)));
    const heads = format.calls.flatMap(({ body }) =>
      body.type === "named" || body.type === "parameters" ? [body] : [],
    );
    this.#stageOf = (afterMark) => furthest(heads.map((head) => stageIn(afterMark, head, format.toolNames)));
    this.push(Buffer.from(format.opened ?? ""));
  }

  /** Whether a call may have begun. */
  get isBegun(): boolean {
    return this.#written !== undefined;
  }

  /** The watch for the marks, as it stands after the output so far. */
  get watch(): MarkWatch {
    return this.#watch;
  }

  /** Takes the next bytes. @returns the call from its mark on, if it is certain now */
  push(bytes: Uint8Array): Uint8Array | undefined {
    const found = this.#watch.push(bytes);
    if (found !== undefined) this.#written = found;
    else if (this.#written !== undefined) this.#written = Buffer.concat([this.#written, bytes]);
    const written = this.#written;
    if (written === undefined) return undefined;
    const stage = this.#stage(Buffer.from(written).toString());
    if (stage !== "begun" || written.length > MAX_BYTES) this.#written = undefined;
    return stage === "certain" ? written : undefined;
  }

  /** Forgets the output so far. */
  reset(): void {
    this.#watch.reset();
    this.#written = undefined;
  }

  #stage(text: string): CallStage {
    const mark = this.#marks.find((one) => text.startsWith(one)) ?? "";
    // A mark may end with another one, with which the markup of answers and reasoning may begin as well.
    const ways = this.#marks.filter((one) => mark.endsWith(one)).map((one) => text.slice(mark.length - one.length));
    const anyFrame = (fits: (way: string, frame: string) => boolean): boolean =>
      ways.some((way) => this.#frames.some((frame) => fits(way, frame)));
    if (anyFrame((way, frame) => way.startsWith(frame))) return "none";
    if (anyFrame((way, frame) => frame.startsWith(way))) return "begun";
    return this.#stageOf(text.slice(mark.length).trimStart());
  }
}

function furthest(stages: readonly CallStage[]): CallStage {
  return stages.find((stage) => stage === "certain") ?? stages.find((stage) => stage === "begun") ?? "none";
}

/** How far a text is the name of a tool and the mark after it. A recipient before `nameMark` may be any word. */
function stageIn(text: string, head: CallHead, toolNames: readonly string[]): CallStage {
  const { nameMark, middle, otherMiddles = [] } = head;
  const words = nameMark === undefined ? toolNames : (/^[\w-]+/.exec(text) ?? []);
  const marks = nameMark === undefined ? [middle, ...otherMiddles] : [nameMark];
  const isCertain = words.some((word) => {
    const rest = text.slice(word.length);
    return text.startsWith(word) && rest !== "" && marks.some((mark) => mark.startsWith(rest) || rest.startsWith(mark));
  });
  if (isCertain) return "certain";
  return text === "" || words.some((word) => word.startsWith(text)) ? "begun" : "none";
}
