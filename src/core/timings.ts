/** Where a generation's time went, in ms. totalMs = queueMs + prepareMs + prefillMs + decodeMs + parkedMs. */
export interface Timings {
  /** In line for a slot, and all the time that no other phase claims. */
  readonly queueMs: number;
  readonly prepareMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly parkedMs: number;
  readonly totalMs: number;
  /** Call opened → first chunk handed to the writer; undefined before that. */
  readonly timeToFirstTokenMs: number | undefined;
}
