import { SPACES, strip } from "./python-text.js";
import { replaceMatches } from "./replace-matches.js";
import { TemplateError } from "./template-error.js";

/** A part of a template's source. `data` is the text between tags, `operator` a sign inside a tag, and `end` the end of the source. */
export interface TemplateToken {
  readonly type: "data" | "tag" | "tag_end" | "print" | "print_end" | "name" | "string" | "number" | "operator" | "end";
  readonly value: string;
  readonly line: number;
}

const OPENING = /\{([%{#])([-+]?)/g;
const RAW = new RegExp(String.raw`\{%[-+]?[${SPACES}]*raw[${SPACES}]*(?:-%\}[${SPACES}]*|%\})`, "y");
const RAW_END = new RegExp(String.raw`\{%([-+]?)[${SPACES}]*endraw[${SPACES}]*(?:\+%\}|-%\}[${SPACES}]*|%\}\n?)`, "g");
const COMMENT_END = new RegExp(String.raw`\+#\}|-#\}[${SPACES}]*|#\}\n?`, "g");
const TAG_END = new RegExp(String.raw`\+%\}|-%\}[${SPACES}]*|%\}\n?`, "y");
const PRINT_END = new RegExp(String.raw`-\}\}[${SPACES}]*|\}\}`, "y");
const SPACE = new RegExp(`[${SPACES}]+`, "y");
const ONLY_SPACE = new RegExp(`^[${SPACES}]*$`);

/** The kinds of tokens inside a tag, in the order in which they are tried. */
const INSIDE: readonly (readonly [TemplateToken["type"], RegExp])[] = [
  ["number", /(?:\d[\d_]*)(?:(?:\.\d[\d_]*)?e[-+]?\d+|\.\d[\d_]*)|0b[01]+|0o[0-7]+|0x[\da-f]+|\d[\d_]*/iy],
  ["name", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["string", /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y],
  ["operator", /\*\*|\/\/|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y],
];

/** Splits a template's source into tokens, with jinja2's `trim_blocks` and `lstrip_blocks`. @throws TemplateError */
export function readTokens(template: string): TemplateToken[] {
  return new Lexer(template.replaceAll(/\r\n?/g, "\n").replace(/\n$/, "")).read();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: TemplateToken[] = [];
  #at = 0;
  #line = 1;
  /** The place up to which `#line` has counted. */
  #counted = 0;
  /** Whether the text before the next tag begins a line. */
  #startsLine = true;

  constructor(source: string) {
    this.#source = source;
  }

  read(): TemplateToken[] {
    for (let opening = this.#find(OPENING); opening !== null; opening = this.#find(OPENING)) {
      const [opened, kind = "", sign = ""] = opening;
      const raw = this.#matchAt(RAW, opening.index);
      this.#pushText(opening.index, { sign, keepsIndent: kind === "{" });
      if (raw !== undefined) this.#readRaw(raw);
      else {
        this.#at = opening.index + opened.length;
        if (kind === "#") this.#skipTo(COMMENT_END, "the comment has no end");
        else this.#readTag(kind === "%");
      }
    }
    this.#push("data", this.#source.slice(this.#at));
    this.#at = this.#source.length;
    this.#push("end", "");
    return this.#tokens;
  }

  #readRaw(opened: string): void {
    this.#at += opened.length;
    this.#startsLine = opened.endsWith("\n");
    const end = this.#find(RAW_END);
    if (end === null) throw this.#error("the raw block has no end");
    this.#pushText(end.index, { sign: end[1] ?? "", keepsIndent: false });
    this.#moveTo(end.index + end[0].length);
  }

  #readTag(isStatement: boolean): void {
    this.#push(isStatement ? "tag" : "print", "");
    const open: string[] = [];
    for (;;) {
      const end = open.length > 0 ? undefined : this.#matchAt(isStatement ? TAG_END : PRINT_END, this.#at);
      if (end !== undefined) {
        this.#push(isStatement ? "tag_end" : "print_end", "");
        this.#moveTo(this.#at + end.length);
        return;
      }
      const space = this.#matchAt(SPACE, this.#at);
      if (space === undefined) this.#readInside(open);
      else this.#at += space.length;
    }
  }

  #readInside(open: string[]): void {
    for (const [type, pattern] of INSIDE) {
      const text = this.#matchAt(pattern, this.#at);
      if (text === undefined) continue;
      if (type === "operator") this.#balance(text, open);
      this.#push(type, type === "string" ? unescape(text.slice(1, -1)) : text);
      this.#at += text.length;
      return;
    }
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    throw this.#error(this.#at < this.#source.length ? `unexpected ${JSON.stringify(char)}` : "the tag has no end");
  }

  /** Keeps account of brackets, since `}}` inside a dictionary ends no tag. */
  #balance(text: string, open: string[]): void {
    const closing = { "(": ")", "[": "]", "{": "}" }[text];
    if (closing !== undefined) open.push(closing);
    else if (")]}".includes(text) && open.pop() !== text) throw this.#error(`unexpected "${text}"`);
  }

  /** Adds the text in front of a tag. Its white space goes if the tag has a minus, and its indent goes if the tag is no print. */
  #pushText(end: number, { sign, keepsIndent }: { sign: string; keepsIndent: boolean }): void {
    const text = this.#source.slice(this.#at, end);
    this.#push("data", this.#trim(text, { sign, keepsIndent }));
    this.#moveTo(end);
    this.#startsLine = false;
  }

  #trim(text: string, { sign, keepsIndent }: { sign: string; keepsIndent: boolean }): string {
    if (sign === "-") return strip(text, "right");
    if (sign === "+" || keepsIndent) return text;
    const lineStart = text.lastIndexOf("\n") + 1;
    const isIndent = (lineStart > 0 || this.#startsLine) && ONLY_SPACE.test(text.slice(lineStart));
    return isIndent ? text.slice(0, lineStart) : text;
  }

  #skipTo(pattern: RegExp, problem: string): void {
    const end = this.#find(pattern);
    if (end === null) throw this.#error(problem);
    this.#moveTo(end.index + end[0].length);
  }

  #moveTo(place: number): void {
    this.#at = place;
    this.#startsLine = this.#source.charAt(place - 1) === "\n";
  }

  #find(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source);
  }

  #matchAt(pattern: RegExp, place: number): string | undefined {
    pattern.lastIndex = place;
    return pattern.exec(this.#source)?.[0];
  }

  #push(type: TemplateToken["type"], value: string): void {
    if (type === "data" && value === "") return;
    this.#tokens.push({ type, value, line: this.#lineNow() });
  }

  #lineNow(): number {
    for (; this.#counted < this.#at; this.#counted++) {
      if (this.#source.charAt(this.#counted) === "\n") this.#line++;
    }
    return this.#line;
  }

  #error(message: string): TemplateError {
    return new TemplateError(message, { line: this.#lineNow() });
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\x07", "\n": "" },
  ...{ "\\": "\\", "'": "'", '"': '"' },
};

const ESCAPE = /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|([^]))/gi;

/** Reads the escapes of a string as Python does. An unknown one stays as it is. */
function unescape(text: string): string {
  return replaceMatches(text, ESCAPE, ([match, byte, unit, point, octal, char = ""]) => {
    const hex = byte ?? unit ?? point;
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    return octal === undefined ? (ESCAPES[char] ?? match) : String.fromCodePoint(parseInt(octal, 8));
  });
}
