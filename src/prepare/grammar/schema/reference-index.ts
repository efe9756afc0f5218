import { isJsonObject } from "../../../core/json.js";
import { escapePointer, problemAt } from "./schema-keywords.js";

/** A part of the document with an identifier of its own, in which references are resolved. */
interface Resource {
  readonly root: unknown;
  readonly uri: string;
}

/** Relative identifiers are resolved against it. */
const DOCUMENT_URI = "schema://document/";

/** Finds the schemas that the references of a document name, and knows each schema's JSON pointer. */
export class ReferenceIndex {
  readonly #document: Resource;
  readonly #pointers = new Map<object, string>();
  readonly #resources = new Map<object, Resource>();
  readonly #byUri = new Map<string, Resource>();
  readonly #anchors = new Map<string, object>();

  constructor(root: unknown) {
    this.#document = { root, uri: DOCUMENT_URI };
    this.#byUri.set(DOCUMENT_URI, this.#document);
    this.#index(root, "", this.#document);
  }

  /** The JSON pointer of a schema of the document. undefined means that the schema was merged from several. */
  pointerOf(schema: object): string | undefined {
    return this.#pointers.get(schema);
  }

  /**
   * @param from the schema with the reference
   * @param at its JSON pointer
   * @throws GrammarProblem when the reference leaves the document or refers to nothing
   */
  resolve(reference: unknown, { keyword, from, at }: { keyword: string; from: object; at: string }): unknown {
    const pointer = `${at}/${keyword}`;
    if (typeof reference !== "string") throw problemAt(pointer, "is not a string");
    const hash = reference.indexOf("#");
    const uri = hash < 0 ? reference : reference.slice(0, hash);
    const fragment = hash < 0 ? "" : decodeFragment(reference.slice(hash + 1), pointer);
    const here = this.#resources.get(from) ?? this.#document;
    const resource = uri === "" ? here : this.#byUri.get(resolveUri(uri, here.uri));
    const quoted = JSON.stringify(reference);
    if (resource === undefined) {
      throw problemAt(
        pointer,
        `${quoted} refers to another document; a reference must name a schema of this one, by #, by a JSON pointer such as #/$defs/name, by an $anchor or by an $id`,
      );
    }
    if (fragment !== "" && !fragment.startsWith("/")) {
      const anchored = this.#anchors.get(`${resource.uri}#${fragment}`);
      if (anchored === undefined) throw problemAt(pointer, `${quoted} refers to an $anchor that no schema here has`);
      return anchored;
    }
    let target = resource.root;
    for (const part of fragment.split("/").slice(1)) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const isThere = typeof target === "object" && target !== null && Object.hasOwn(target, name);
      target = isThere ? (target as Readonly<Record<string, unknown>>)[name] : undefined;
      if (target === undefined) throw problemAt(pointer, `${quoted} refers to nothing`);
    }
    return target;
  }

  /** The document's depth is bounded before. */
  #index(value: unknown, at: string, resource: Resource): void {
    if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) this.#index(element, `${at}/${index}`, resource);
    } else if (isJsonObject(value)) {
      const own = this.#resourceOf(value, resource);
      this.#pointers.set(value, at);
      this.#resources.set(value, own);
      for (const keyword of ["$anchor", "$dynamicAnchor"]) {
        const name = value[keyword];
        if (typeof name === "string") this.#anchors.set(`${own.uri}#${name}`, value);
      }
      for (const [name, member] of Object.entries(value)) this.#index(member, `${at}/${escapePointer(name)}`, own);
    }
  }

  #resourceOf(value: object, outer: Resource): Resource {
    const id = (value as { readonly $id?: unknown }).$id;
    if (typeof id !== "string" || id.startsWith("#")) return outer;
    const own = { root: value, uri: resolveUri(id, outer.uri).replace(/#$/, "") };
    if (!this.#byUri.has(own.uri)) this.#byUri.set(own.uri, own);
    return own;
  }
}

/** An absolute URI, or the reference itself where the base has no path that it could be relative to. */
function resolveUri(uri: string, base: string): string {
  return URL.canParse(uri, base) ? new URL(uri, base).href : uri;
}

function decodeFragment(fragment: string, pointer: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    throw problemAt(pointer, "has a broken percent-encoding");
  }
}
