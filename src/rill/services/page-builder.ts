import type { PageBounds } from "../../sessions/session-store.js";
import { EncodedResponse } from "../../grpc/contract/service-definition.js";

/** Puts one page of a list together from entries that are encoded already: as many as its bounds let in, and the first one whatever it takes. */
export class PageBuilder {
  readonly #bounds: PageBounds;
  readonly #entries: Uint8Array[] = [];
  #bytes = 0;
  #lastToken = "";
  #isCut = false;
  /** Whether the list goes on behind the last entry that was added. */
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

  /** What the page still takes. */
  get room(): PageBounds {
    const { maxEntries, maxBytes } = this.#bounds;
    return { maxEntries: maxEntries - this.#entries.length, maxBytes: maxBytes - this.#bytes };
  }

  /** Adds an entry, unless it or one before it has no more room. @param token the token of the page that begins behind it */
  add(entry: Uint8Array, token: string): void {
    if (this.isFull || (!this.isEmpty && this.#bytes + entry.length > this.#bounds.maxBytes)) {
      this.#isCut = true;
      return;
    }
    this.#entries.push(entry);
    this.#bytes += entry.length;
    this.#lastToken = token;
  }

  /** Says whether the list goes on behind what was handed to `add` so far. */
  endsWith(more: boolean): void {
    this.#goesOn = more;
  }

  /** The page, with what `encodeEnd` makes of the token for the next one; it is empty where the list ends. */
  finish(encodeEnd: (nextPageToken: string) => Uint8Array): EncodedResponse {
    const nextPageToken = this.#isCut || this.#goesOn ? this.#lastToken : "";
    return new EncodedResponse(Buffer.concat([...this.#entries, encodeEnd(nextPageToken)]));
  }
}
