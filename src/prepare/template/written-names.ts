import { createHash } from "node:crypto";

/** Templates, grammars and models write names of this form. Most models were trained on no other. */
const WRITABLE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const UNWRITABLE_CHARACTER = /[^A-Za-z0-9_.-]/gu;
const MAX_WRITTEN_CHARACTERS = 64;
const DIGEST_CHARACTERS = 8;

/**
 * Returns the name that the prompt and the model's calls have for each of the caller's names. A writable name of a tool is written as it is. In any other,
 * each character that is not writable becomes `_`, and a name that is too long or taken ends in a part of its digest. No two names are written alike.
 * Equal names are written equally whatever calls follow in the history, so that the prompt keeps its beginning.
 * @param names.called the names of the calls in the history, in order
 */
export function writtenNames(names: {
  readonly tools: readonly string[];
  readonly called: readonly string[];
}): ReadonlyMap<string, string> {
  const writable = names.tools.filter((name) => WRITABLE_NAME.test(name));
  const written = new Map(writable.map((name) => [name, name]));
  const taken = new Set(writable);
  for (const name of [...names.tools, ...names.called]) {
    if (written.has(name)) continue;
    const free = freeSpelling(name, taken);
    written.set(name, free);
    taken.add(free);
  }
  return written;
}

function freeSpelling(name: string, taken: ReadonlySet<string>): string {
  const plain = name.replaceAll(UNWRITABLE_CHARACTER, "_");
  if (plain.length <= MAX_WRITTEN_CHARACTERS && !taken.has(plain)) return plain;
  const beginning = plain.slice(0, MAX_WRITTEN_CHARACTERS - DIGEST_CHARACTERS - 1);
  for (let attempt = 0; ; attempt++) {
    const digest = createHash("sha256").update(`${attempt} ${name}`).digest("hex").slice(0, DIGEST_CHARACTERS);
    const spelling = `${beginning}_${digest}`;
    if (!taken.has(spelling)) return spelling;
  }
}
