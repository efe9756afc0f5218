/** The work that one rendering may do. */
export interface RenderBounds {
  /** The statements, operations and items of all loops, lists and values together. */
  readonly steps: number;
  /** The characters that are read or written, all together. */
  readonly characters: number;
}

const UNBOUNDED: RenderBounds = { steps: Infinity, characters: Infinity };

/** The bounds of the rendering that is going on, and the work that is left to it. Renderings do not overlap, since none of them waits. */
let bounds = UNBOUNDED;
let stepsLeft = Infinity;
let charactersLeft = Infinity;

/** Runs a rendering within its bounds. @throws TypeError when it takes more work */
export function withinBounds<T>(given: RenderBounds, render: () => T): T {
  ({ steps: stepsLeft, characters: charactersLeft } = bounds = given);
  try {
    return render();
  } finally {
    ({ steps: stepsLeft, characters: charactersLeft } = bounds = UNBOUNDED);
  }
}

/** Counts steps. To be called before the work, so that nothing is built that is too large. @throws TypeError when none are left */
export function takeSteps(count: number): void {
  // The comparison also holds for NaN, which is no number of steps.
  if (!(count <= stepsLeft))
    throw new TypeError(`the template takes more than ${bounds.steps} steps, which is the limit`);
  stepsLeft -= count;
}

/** Counts characters that are read or written. To be called before the work. @throws TypeError when none are left */
export function takeCharacters(count: number): void {
  if (!(count <= charactersLeft)) {
    throw new TypeError(`the template reads and writes more than ${bounds.characters} characters, which is the limit`);
  }
  charactersLeft -= count;
}
