import type { CallBody, CallHead, CallSyntax } from "../../core/call-syntax.js";

/** Lists all marks that a model of this syntax writes; some may be empty. */
export function marksOfCalls({ sectionBegin, sectionEnd, body }: CallSyntax): readonly string[] {
  return [sectionBegin, sectionEnd, ...marksIn(body)];
}

function marksIn(body: CallBody): readonly string[] {
  switch (body.type) {
    case "array":
    case "keyed":
      return [];
    case "object":
      return [body.begin, body.end, body.separator];
    case "named":
      return [...marksOfHead(body), body.end, body.separator];
    case "parameters": {
      const { begin, middles, end, quotes = [] } = body.parameter;
      const marks = [begin, ...middles.map(({ mark }) => mark), end, ...quotes];
      return [...marksOfHead(body), ...marks, body.close, body.end, body.separator];
    }
    case "literal": {
      const quotes = body.literals.type === "marked" ? [body.literals.quote] : [];
      return [body.begin, body.open, body.pair, body.close, body.end, body.separator, ...quotes];
    }
  }
}

function marksOfHead({ begin, otherBegins = [], nameMark, idMark, middle, otherMiddles = [] }: CallHead): string[] {
  return [begin, ...otherBegins, nameMark ?? "", idMark ?? "", middle, ...otherMiddles];
}

/** Lists all that a call of a body may begin with. */
export function beginsOf(body: CallBody): readonly string[] {
  switch (body.type) {
    case "array":
    case "keyed":
      return [""];
    case "object":
    case "literal":
      return [body.begin];
    case "named":
    case "parameters":
      return [body.begin, ...(body.otherBegins ?? [])];
  }
}
