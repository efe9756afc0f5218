import type { PageBounds } from "../../sessions/session-store.js";
import { EncodedResponse } from "../../grpc/contract/service-definition.js";

/** Builds a page of a list from encoded entries. It takes as many as its bounds allow, and the first one whatever its size. */
export class PageBuilder {
  readonly #bounds: PageBounds;
  readonly #entries: Uint8Array[] = [];
  #bytes = 0;
  #lastToken = "";
  #isCut = false;
  /** Whether the list continues after the last added entry. */
  #goesOn = true;

  constructor({ maxEntries, maxBytes }: PageBounds) {
    this.#bounds = { maxEntries, maxBytes };
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get isFull(): boolean {
    return this.#isCut || this.#entries.length >= this.#bounds.maxEntries || this.#bytes >= this.#bounds.maxBytes;
  }

  /** The room that the page still has. */
  get room(): PageBounds {
    const { maxEntries, maxBytes } = this.#bounds;
    return { maxEntries: maxEntries - this.#entries.length, maxBytes: maxBytes - this.#bytes };
  }

  /**
   * Adds an entry, unless it or an earlier one does not fit.
   * @param token the token of the page that begins after the entry
   */
  add(entry: Uint8Array, token: string): void {
    if (this.isFull || (!this.isEmpty && this.#bytes + entry.length > this.#bounds.maxBytes)) {
      this.#isCut = true;
      return;
    }
    this.#entries.push(entry);
    this.#bytes += entry.length;
    this.#lastToken = token;
  }

  /** Records whether the list continues after the entries so far. */
  endsWith(more: boolean): void {
    this.#goesOn = more;
  }

  /** Returns the page. `encodeEnd` encodes the token of the next page, which is empty at the end of the list. */
  finish(encodeEnd: (nextPageToken: string) => Uint8Array): EncodedResponse {
    const nextPageToken = this.#isCut || this.#goesOn ? this.#lastToken : "";
    return new EncodedResponse(Buffer.concat([...this.#entries, encodeEnd(nextPageToken)]));
  }
}
