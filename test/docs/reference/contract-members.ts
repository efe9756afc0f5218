import { type DescField, type DescMessage, type DescOneof, ScalarType } from "@bufbuild/protobuf";
import { commentOf } from "../../contract/contract-descriptors.js";
import { type ContractLinks, fieldAnchor } from "./contract-links.js";

/** A message that repeats another one is shown by what differs, if at least this many fields are the same. */
const FEWEST_REPEATED = 8;

/** The fields of messages as a list. A message with nearly the same fields as an earlier one refers to that. */
export class ContractMembers {
  readonly #links: ContractLinks;
  readonly #shown: { readonly message: DescMessage; readonly members: ReadonlyMap<string, string> }[] = [];

  constructor(links: ContractLinks) {
    this.#links = links;
  }

  /** The paragraphs for the fields of a message, none if it has no fields. */
  of(message: DescMessage): readonly string[] {
    const members = new Map(message.members.map((member) => [member.name, this.#member(message, member)]));
    const alike = this.#shown.find((earlier) => repeats(earlier.members, members));
    this.#shown.push({ message, members });
    if (alike === undefined) return listOf([...members.values()]);
    const others = [...members].filter(([name, text]) => textOf(alike.members.get(name)) !== textOf(text));
    const reference = `Its fields are those of ${this.#links.type(alike.message)}`;
    return [
      others.length === 0 ? `${reference}.` : `${reference}, except for:`,
      ...listOf(others.map(([, text]) => text)),
    ];
  }

  #member(message: DescMessage, member: DescField | DescOneof): string {
    if (member.kind === "field") return this.#field(message, member);
    const fields = member.fields.map((field) => indented(this.#field(message, field)));
    const comment = this.#links.comment(commentOf(member), member.name, message);
    return [`- One of **\`${member.name}\`**. ${indented(comment).trimStart()}`, ...fields].join("\n");
  }

  #field(message: DescMessage, field: DescField): string {
    const anchor = `<a id="${fieldAnchor(message, field.name)}"></a>`;
    const comment = this.#links.comment(commentOf(field), field.name, message);
    return `- ${anchor}**\`${field.name}\`** (${this.#typeOf(field)}, ${field.number}). ${indented(comment).trimStart()}`;
  }

  #typeOf(field: DescField): string {
    switch (field.fieldKind) {
      case "scalar":
        return scalarName(field.scalar);
      case "enum":
        return this.#links.type(field.enum);
      case "message":
        return this.#links.type(field.message);
      case "list":
        return `list of ${this.#elementOf(field)}`;
      case "map":
        return `map from ${scalarName(field.mapKey)} to ${this.#elementOf(field)}`;
    }
  }

  #elementOf(field: DescField & { readonly fieldKind: "list" | "map" }): string {
    if (field.enum !== undefined) return this.#links.type(field.enum);
    if (field.message !== undefined) return this.#links.type(field.message);
    return scalarName(field.scalar);
  }
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}

function repeats(earlier: ReadonlyMap<string, string>, members: ReadonlyMap<string, string>): boolean {
  const same = [...members].filter(([name, text]) => textOf(earlier.get(name)) === textOf(text));
  return same.length >= FEWEST_REPEATED && same.length > members.size / 2;
}

/** A member without its anchors, which name its message. */
function textOf(member = ""): string {
  return member.replaceAll(/<a id="[^"]*"><\/a>/g, "");
}

function listOf(items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [items.join("\n")];
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
