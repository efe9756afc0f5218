/** One waiter's place in a line. Disposing it leaves the line; a place that was left or served already stays so. */
export class LinePlace<T> implements Disposable {
  readonly item: T;
  /** What the waiter was last told; kept by whoever tells it. */
  toldPosition = 0;
  /** The neighbours and the line, kept by LaneLine alone; `line` is undefined once the place is left. */
  previous: LinePlace<T> | undefined;
  next: LinePlace<T> | undefined;
  line: LaneLine<T> | undefined;

  constructor(item: T, line: LaneLine<T>) {
    this.item = item;
    this.line = line;
  }

  [Symbol.dispose](): void {
    this.line?.leave(this);
  }
}

/** A first-come-first-served line as a doubly linked list: to join, to leave from anywhere and to serve the first are O(1). */
export class LaneLine<T> implements Iterable<LinePlace<T>> {
  #first: LinePlace<T> | undefined;
  #last: LinePlace<T> | undefined;
  #size = 0;
  readonly #onLeave: () => void;

  /** @param onLeave called after each place that was left or served. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  get size(): number {
    return this.#size;
  }

  /** Its position is the new size. */
  join(item: T): LinePlace<T> {
    const place = new LinePlace(item, this);
    place.previous = this.#last;
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  leave(place: LinePlace<T>): void {
    if (place.line !== this) return;
    if (place.previous === undefined) this.#first = place.next;
    else place.previous.next = place.next;
    if (place.next === undefined) this.#last = place.previous;
    else place.next.previous = place.previous;
    place.previous = undefined;
    place.next = undefined;
    place.line = undefined;
    this.#size -= 1;
    this.#onLeave();
  }

  /** Takes the first out of the line. */
  serve(): T | undefined {
    const place = this.#first;
    if (place !== undefined) this.leave(place);
    return place?.item;
  }

  /** From first to last. The line must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<LinePlace<T>> {
    for (let place = this.#first; place !== undefined; place = place.next) yield place;
  }
}
