/** An error in a template or in its rendering. */
export class TemplateError extends Error {
  /** The line of the template, counted from 1. */
  readonly line: number;
  /** Whether the template itself raised the error, by `raise_exception`. */
  readonly isRaised: boolean;

  constructor(message: string, { line, isRaised = false }: { line: number; isRaised?: boolean }) {
    super(message);
    this.name = "TemplateError";
    this.line = line;
    this.isRaised = isRaised;
  }
}
