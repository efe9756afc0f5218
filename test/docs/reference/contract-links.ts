import type { DescEnum, DescFile, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { escapeMarkdown } from "./markdown-text.js";

const PROTOBUF_TYPES = "https://protobuf.dev/reference/protobuf/google.protobuf/";
/** Messages from which a comment may give the path of a field, such as `sampling.top_k`. */
const PATH_ROOTS = ["GenerateStreamRequest", "GenerateStreamResponse", "Limits"];
/** Words that can only be names of the contract: two capitals in one word, or capitals with underscores. */
const NAMES = /\b(?:[A-Z]\w+\.)?(?:[A-Z][a-z]+(?:[A-Z][a-z]*)+|[A-Z]+(?:_[A-Z0-9]+)+)\b/g;

/** Turns names of the contract into links within its page. */
export class ContractLinks {
  readonly #messages = new Map<string, DescMessage>();
  readonly #anchors = new Map<string, string>();

  constructor(files: readonly DescFile[]) {
    for (const { messages, enums, services } of files) {
      for (const message of messages) this.#messages.set(message.name, message);
      for (const { name } of [...messages, ...enums, ...services]) this.#anchors.set(name, headingAnchor(name));
      for (const { name } of enums.flatMap(({ values }) => values)) this.#anchors.set(name, name);
      for (const { name, methods } of services) {
        for (const method of methods) {
          this.#anchors.set(method.name, headingAnchor(method.name));
          this.#anchors.set(`${name}.${method.name}`, headingAnchor(method.name));
        }
      }
    }
  }

  /** A type, as a link to where it is described. */
  type(desc: DescMessage | DescEnum): string {
    const anchor = this.#anchors.get(desc.name);
    if (desc.typeName.startsWith("google.protobuf.")) {
      return `[${desc.name}](${PROTOBUF_TYPES}#${headingAnchor(desc.name)})`;
    }
    if (anchor === undefined) throw new Error(`${desc.typeName} is not on the page`);
    return `[${desc.name}](#${anchor})`;
  }

  method({ name }: DescMethod): string {
    return `[${name}](#${headingAnchor(name)})`;
  }

  /**
   * A comment as Markdown, which it nearly is.
   * @param own the name of what the comment stands above, which is no link
   * @param message the message whose fields the comment may name alone
   */
  comment(text: string, own: string, message?: DescMessage): string {
    return text
      .replaceAll(/^ /gm, "")
      .trim()
      .split(/(`[^`]+`)/)
      .map((part, index) => (index % 2 === 1 ? this.#code(part, message) : this.#words(part, own)))
      .join("");
  }

  #words(text: string, own: string): string {
    return escapeMarkdown(text).replaceAll(NAMES, (name) => {
      const anchor = name === own ? undefined : this.#anchors.get(name);
      return anchor === undefined ? name : `[${name}](#${anchor})`;
    });
  }

  #code(span: string, message: DescMessage | undefined): string {
    const path = span.slice(1, -1).split(".");
    const roots = [...(path.length > 1 ? [message] : []), ...PATH_ROOTS.map((name) => this.#messages.get(name))];
    for (const root of roots) {
      const anchor = root === undefined ? undefined : fieldAt(root, path);
      if (anchor !== undefined && (path.length > 1 || root?.name === "Limits")) return `[${span}](#${anchor})`;
    }
    return span;
  }
}

/** The anchor of a field, which the page sets itself. */
export function fieldAnchor(message: DescMessage, field: string): string {
  return `${message.name}.${field}`;
}

/** The anchor of a heading of one word, as code hosts make it. */
function headingAnchor(title: string): string {
  return title.toLowerCase();
}

/** The anchor of the field at the end of a path, or undefined if the path leads nowhere. */
function fieldAt(message: DescMessage, [name = "", ...rest]: readonly string[]): string | undefined {
  const field = message.fields.find((candidate) => candidate.name === name);
  if (field === undefined) return undefined;
  if (rest.length === 0) return fieldAnchor(message, name);
  return field.fieldKind === "message" ? fieldAt(field.message, rest) : undefined;
}
