const TOKEN =
  /<!DOCTYPE html>|<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z][a-zA-Z0-9:-]*="[^"<]*")*)(\/?)>|&(?:amp|lt|gt|quot|#39);|[^<&]+/y;

/** What keeps a text from being well-formed markup: unknown entities, stray signs, tags that do not match. undefined: nothing. */
export function findMarkupFlaw(text: string): string | undefined {
  const open: string[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) return `stray ${JSON.stringify(text.slice(at, at + 40))}`;
    const [whole, closing, name, , empty] = found;
    at += whole.length;
    if (name === undefined || empty === "/") continue;
    if (closing === "/") {
      const last = open.pop();
      if (last !== name) return `</${name}> closes <${last ?? "nothing"}>`;
    } else open.push(name);
  }
  return open.length === 0 ? undefined : `<${open.join("><")}> not closed`;
}
