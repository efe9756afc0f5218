/** Stands for the unit after the last one. */
export const END = -1;

/**
 * A position in text that is still coming. The text between the last settled unit and the position is held, and may be read again. Text of earlier
 * pushes is touched only when it is taken or read again, so a push costs the same however much is held.
 */
export class TextCursor {
  /** The held text before `#text`. If there is some, `#from` is 0. */
  #past = "";
  #text = "";
  #from = 0;
  #at = 0;
  /** The number of units before `#text`. It is negative for text before the start. */
  #base: number;
  #isEnded = false;
  #opened: string;

  /** @param opened text before the start, which is read together with the first text */
  constructor(opened = "") {
    this.#opened = opened;
    this.#base = -opened.length;
  }

  /** Takes the text that follows. To be called only when the cursor is dry. */
  push(text: string): void {
    this.#past += this.#text.slice(this.#from);
    this.#base += this.#text.length;
    this.#text = this.#opened + text;
    this.#opened = "";
    this.#from = 0;
    this.#at = 0;
  }

  /** Ends the text. */
  end(): void {
    this.#isEnded = true;
  }

  /** Whether the next unit is still to come. */
  get isDry(): boolean {
    return this.#at === this.#text.length && !this.#isEnded;
  }

  /** The next UTF-16 unit, or END. To be read only when the cursor is not dry. */
  get unit(): number {
    return this.#at === this.#text.length ? END : this.#text.charCodeAt(this.#at);
  }

  advance(): void {
    this.#at += 1;
  }

  /** The number of units held. */
  get held(): number {
    return this.#past.length + this.#at - this.#from;
  }

  /** The number of units settled since the start. */
  get settled(): number {
    return this.#base + this.#from - this.#past.length;
  }

  /** The held text from its unit `start` on. */
  heldFrom(start: number): string {
    return (this.#past + this.#text.slice(this.#from, this.#at)).slice(start);
  }

  /** Settles the first units of the held text. Default: all of it. */
  take(count = this.held): string {
    if (count < this.held) this.#join();
    const to = this.#from + count - this.#past.length;
    const taken = this.#past + this.#text.slice(this.#from, to);
    this.#past = "";
    this.#from = to;
    return taken;
  }

  /** Settles all held text but a last unit that may be half a code point. */
  takeCodePoints(): string {
    const isHalf = this.#at > this.#from && (this.#text.charCodeAt(this.#at - 1) & 0xfc00) === 0xd800;
    return this.take(this.held - (isHalf ? 1 : 0));
  }

  /** Goes back to where `held` units are held. */
  rewind(held: number): void {
    if (held < this.#past.length) this.#join();
    this.#at = this.#from + held - this.#past.length;
  }

  #join(): void {
    const past = this.#past.length;
    this.#text = this.#past + this.#text.slice(this.#from);
    this.#base += this.#from - past;
    this.#at += past - this.#from;
    this.#from = 0;
    this.#past = "";
  }
}

/** A resumable parser: a generator that yields when it needs more text, and is resumed when text or the end arrives. */
export type Parser<T> = Generator<void, T, void>;
