import type { Random } from "../../support/random.js";

/** GBNF, most of it good; now and then what is known to hurt llama.cpp. */
export function randomGbnf(random: Random): string {
  if (random.next() < 0.15) return hostileGbnf(random);
  const names = ["root", "item", "value", "a", "b-2", "ws"].slice(0, 1 + Math.floor(random.below(6)));
  const space = (): string => random.pick([" ", " ", "  ", "\t"]);
  return names
    .map((name) => `${name} ::=${space()}${options(random, names, 3)}${random.pick(["", " # note"])}\n`)
    .join(random.pick(["", "\n"]));
}

function options(random: Random, names: readonly string[], depth: number): string {
  return Array.from({ length: 1 + Math.floor(random.below(3)) }, () => items(random, names, depth)).join(" | ");
}

function items(random: Random, names: readonly string[], depth: number): string {
  return Array.from({ length: 1 + Math.floor(random.below(4)) }, () => item(random, names, depth)).join(" ");
}

function item(random: Random, names: readonly string[], depth: number): string {
  const roll = random.next();
  const text = `"${random.pick(["a", "b", "xyz", "{", "\\n", "\\x41", "\\u00e9", "漢", "", "- "])}"`;
  const chars = random.pick(["[a-z]", "[^\\n]", "[0-9]", "[ \\t]", ".", "[abc\\]]", '[^"\\\\]', "[\\x00-\\x1F]"]);
  const what =
    roll < 0.45
      ? text
      : roll < 0.7
        ? chars
        : roll < 0.85 || depth === 0
          ? random.pick(names)
          : `(${options(random, names, depth - 1)})`;
  return random.next() < 0.7 ? what : what + times(random);
}

function times(random: Random): string {
  const few = Math.floor(random.below(5));
  return random.pick(["*", "+", "?", `{${few}}`, `{${few},}`, `{${few},${few + 3}}`, "{0,300}", "{2000}", "{5,1}"]);
}

function hostileGbnf(random: Random): string {
  const many = 1 + Math.floor(random.below(random.next() < 0.2 ? 20_000 : 300));
  return random.pick([
    () => `root ::= ${"(".repeat(many)}"a"${")".repeat(many)}`,
    () => `root ::= (a{0,${many}}){0,${many}}\na ::= "b"{0,${many}}`,
    () => `root ::= a{1,${many}} "."\na ::= "b"{1,${many}}`,
    () => `root ::= ${Array.from({ length: many }, () => '"a"?').join(" ")}`,
    () => `root ::= ${Array.from({ length: many }, (_, index) => `"${index}"`).join(" | ")}`,
    () => `root ::= ("a" | "a"){${many}}`,
    () => `root ::= root "a" | b\nb ::= root?`,
    () => chain(many, (next) => `${next} "x" | "y"`),
    () => chain(many, (next) => `${next} ${next} | "y" |`),
    () => chain(many, (next) => `"x" ${next}{0,${1 + (many % 40)}}`),
    () => `root ::= [${"a-z".repeat(many)}]{${many % 2_000}}`,
    () => `root ::= "${"x".repeat(many)}"{${many % 2_000}}`,
    () => `root ::= "(" root ")" | "(" root "]" | "x"{${many}}`,
    () => `root ::= <[${many}]> !<think>`,
    () => `root ::= "a"{99999999999999999999} | "b"{0,18446744073709551615}`,
  ])();
}

function chain(length: number, body: (next: string) => string): string {
  const rules = Array.from(
    { length },
    (_, index) => `r${index} ::= ${index + 1 < length ? body(`r${index + 1}`) : '"z"'}`,
  );
  return `root ::= r0\n${rules.join("\n")}`;
}
