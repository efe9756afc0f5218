import type { CorpusSchema } from "./corpus.js";
import { NAMING } from "./sample-schemas.js";

/** A row of the table of what is refused or not held. */
interface KeywordRow {
  readonly keyword: string;
  /** Schemas in which it is. */
  readonly schemas: number;
  readonly example: string;
  readonly reason: string;
}

/** Counts schemas by the keyword that made the server refuse them, or that its grammar does not hold. */
export class KeywordTally {
  readonly #rows = new Map<string, Omit<KeywordRow, "schemas"> & { readonly names: ReadonlySet<string> }>();

  /** @param reasons error texts, each of which names one place or several: `at /properties/a/pattern: …; at …` */
  addRefusal(one: CorpusSchema, reasons: readonly string[]): void {
    const keywords = new Map<string, string>();
    for (const reason of reasons) {
      const places = [...reason.matchAll(/at (\/\S*): ([^;]*)/g)];
      if (places.length === 0) keywords.set("as a whole", reason);
      for (const [, pointer = "", why = ""] of places) keywords.set(keywordAt(pointer), why);
    }
    this.#count(one, keywords);
  }

  addNotHeld(one: CorpusSchema, notHeld: readonly { readonly pointer: string; readonly description: string }[]): void {
    const keywords = notHeld.map(({ pointer, description }) => [keywordAt(pointer), description] as const);
    this.#count(one, new Map(keywords));
  }

  /** The most frequent first. */
  get rows(): readonly KeywordRow[] {
    const rows = [...this.#rows.values()].map(({ names, ...row }) => ({ ...row, schemas: names.size }));
    return rows.toSorted((one, other) => other.schemas - one.schemas);
  }

  #count({ list, name }: CorpusSchema, keywords: ReadonlyMap<string, string>): void {
    for (const [keyword, reason] of keywords) {
      const example = `${list}: ${name}`;
      const known = this.#rows.get(keyword) ?? { keyword, names: new Set<string>(), example, reason };
      this.#rows.set(keyword, { ...known, names: new Set([...known.names, example]) });
    }
  }
}

/** The last keyword of a pointer. A pointer to a member, an item or a definition stands for that schema as a whole. */
function keywordAt(pointer: string): string {
  const parts = pointer.split("/").filter((part) => part !== "" && !/^\d+$/.test(part));
  return NAMING.includes(parts.at(-2) ?? "") ? "as a whole" : (parts.at(-1) ?? "as a whole");
}
