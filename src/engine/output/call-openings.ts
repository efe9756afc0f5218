import type { CallBody, CallSyntax, OutputFormat } from "../../core/output-format.js";

/** A mark that calls may begin with, and what they are written in then. */
export interface CallOpening {
  readonly mark: string;
  readonly syntax: CallSyntax;
  /** True: the mark is that of the first call itself. False: it is the section's, or there is none. */
  readonly isBegun: boolean;
}

/** All that a call of this format may begin with, in the order in which they are tried. Those with an empty mark begin with the JSON itself. */
export function openingsOf(format: OutputFormat): readonly CallOpening[] {
  if (format.toolNames.length === 0) return [];
  return format.calls.flatMap((syntax): CallOpening[] => {
    const begins = beginsOf(syntax.body).filter((begin) => begin.trim() !== "");
    const section = syntax.sectionBegin.trim() === "" && begins.length > 0 ? [] : [syntax.sectionBegin];
    return [
      ...section.map((mark) => ({ mark, syntax, isBegun: false })),
      ...begins.map((mark) => ({ mark, syntax, isBegun: true })),
    ];
  });
}

/** What each call of a body may begin with. */
export function beginsOf(body: CallBody): readonly string[] {
  switch (body.type) {
    case "array":
      return [""];
    case "object":
      return [body.begin];
    case "named":
      return [body.begin, ...(body.otherBegins ?? [])];
  }
}
