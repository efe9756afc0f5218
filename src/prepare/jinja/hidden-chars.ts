/** The first lone surrogate that stands for a character. No caller's text contains one, since well-formed text has none. */
const FIRST = 0xdc00;
const LAST = 0xdfff;

/** The characters that have a stand-in so far, in the order of their stand-ins. They come from the control texts of one vocabulary, so they are few. */
const characters: string[] = [];
const standIns = new Map<string, string>();

/** Matches a stand-in, and no half of a surrogate pair. */
const STAND_IN = /(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const ANY_LOW_SURROGATE = /[\uDC00-\uDFFF]/;

/**
 * Hides one UTF-16 unit behind a stand-in of the same length, so that no control text can contain it while a template renders. `showHidden` turns it back.
 * Only a control text that begins or ends with an emoji becomes longer by it, by one code point.
 * @throws RangeError when more than 1,024 characters have to be hidden
 */
export function hideChar(unit: string): string {
  const known = standIns.get(unit);
  if (known !== undefined) return known;
  if (characters.length > LAST - FIRST) throw new RangeError("cannot hide more than 1,024 different characters");
  const standIn = String.fromCharCode(FIRST + characters.length);
  characters.push(unit);
  standIns.set(unit, standIn);
  return standIn;
}

/** Turns stand-ins into their characters. The result has the same length, so places in it are places in the text. */
export function showHidden(text: string): string {
  if (!ANY_LOW_SURROGATE.test(text)) return text;
  return text.replaceAll(STAND_IN, (standIn) => characters[standIn.charCodeAt(0) - FIRST] ?? standIn);
}

/** Cuts a text on both sides of each stand-in. */
export function cutAtHidden(text: string): string[] {
  if (!ANY_LOW_SURROGATE.test(text)) return [text];
  return text.split(/((?<![\uD800-\uDBFF])[\uDC00-\uDFFF])/);
}

/** Changes the case of a text and keeps what is hidden in it hidden. */
export function mapCase(text: string, change: (text: string) => string): string {
  if (!ANY_LOW_SURROGATE.test(text)) return change(text);
  return cutAtHidden(text)
    .map((part) => {
      const shown = showHidden(part);
      if (shown === part) return change(part);
      const changed = change(shown);
      return changed.length === 1 ? hideChar(changed) : part;
    })
    .join("");
}

/** Makes a caller's text free of lone surrogates, which tokenising would replace in the same way. */
export function wellFormed(text: string): string {
  return ANY_SURROGATE.test(text) ? text.replaceAll(LONE_SURROGATE, "\uFFFD") : text;
}

const ANY_SURROGATE = /[\uD800-\uDFFF]/;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
