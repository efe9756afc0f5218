/** Stands for the unit after the last one. */
export const END = -1;

/**
 * A place in text that is still coming. What lies between the last settled unit and this place is held: it may be read again. Text of earlier pushes is
 * only touched when it is taken or read again, so holding much costs nothing a push.
 */
export class TextCursor {
  /** Held text before `#text`; where there is some, `#from` is 0. */
  #past = "";
  #text = "";
  #from = 0;
  #at = 0;
  /** Units before `#text`. */
  #base = 0;
  #isEnded = false;

  /** Only where it is dry. */
  push(text: string): void {
    this.#past += this.#text.slice(this.#from);
    this.#base += this.#text.length;
    this.#text = text;
    this.#from = 0;
    this.#at = 0;
  }

  /** Nothing more is pushed. */
  end(): void {
    this.#isEnded = true;
  }

  /** Whether the next unit is still to come. */
  get isDry(): boolean {
    return this.#at === this.#text.length && !this.#isEnded;
  }

  /** The next UTF-16 unit, or END. Only where it is not dry. */
  get unit(): number {
    return this.#at === this.#text.length ? END : this.#text.charCodeAt(this.#at);
  }

  advance(): void {
    this.#at += 1;
  }

  /** Units held. */
  get held(): number {
    return this.#past.length + this.#at - this.#from;
  }

  /** Units settled since the start. */
  get settled(): number {
    return this.#base + this.#from - this.#past.length;
  }

  /** Held text from a unit of it on. */
  heldFrom(start: number): string {
    return (this.#past + this.#text.slice(this.#from, this.#at)).slice(start);
  }

  /** Settles held text: the first units of it. Default: all. */
  take(count = this.held): string {
    if (count < this.held) this.#join();
    const to = this.#from + count - this.#past.length;
    const taken = this.#past + this.#text.slice(this.#from, to);
    this.#past = "";
    this.#from = to;
    return taken;
  }

  /** All that is held, but for a last unit that may be half a code point. */
  takeCodePoints(): string {
    const isHalf = this.#at > this.#from && (this.#text.charCodeAt(this.#at - 1) & 0xfc00) === 0xd800;
    return this.take(this.held - (isHalf ? 1 : 0));
  }

  /** Goes back to where this many units are held. */
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

/** What a part of the output is read by: it yields where the text so far does not suffice and is gone on with when more has come, or the end. */
export type Parser<T> = Generator<void, T, void>;
