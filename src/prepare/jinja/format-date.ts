const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July"],
  ...["August", "September", "October", "November", "December"],
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAY_MS = 86_400_000;

type DatePart = (date: Date) => string | number;

/** The parts of a date by their letters in Python's `strftime`, and their widths. */
const PARTS: Readonly<Record<string, readonly [DatePart, number]>> = {
  Y: [(date) => date.getFullYear(), 4],
  y: [(date) => date.getFullYear() % 100, 2],
  m: [(date) => date.getMonth() + 1, 2],
  d: [(date) => date.getDate(), 2],
  H: [(date) => date.getHours(), 2],
  I: [(date) => date.getHours() % 12 || 12, 2],
  M: [(date) => date.getMinutes(), 2],
  S: [(date) => date.getSeconds(), 2],
  f: [(date) => date.getMilliseconds() * 1000, 6],
  j: [(date) => dayOfYear(date), 3],
  w: [(date) => date.getDay(), 1],
  B: [(date) => nameIn(MONTHS, date.getMonth()), 0],
  b: [(date) => nameIn(MONTHS, date.getMonth()).slice(0, 3), 0],
  A: [(date) => nameIn(DAYS, date.getDay()), 0],
  a: [(date) => nameIn(DAYS, date.getDay()).slice(0, 3), 0],
  p: [(date) => (date.getHours() < 12 ? "AM" : "PM"), 0],
};

/** The letters that stand for several parts. */
const COMBINED: Readonly<Record<string, string>> = {
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  D: "%m/%d/%y",
  R: "%H:%M",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  c: "%a %b %e %H:%M:%S %Y",
};

/** Writes a date in local time, as Python's `strftime` does with English names. */
export function formatDate(date: Date, format: string): string {
  return format.replaceAll(/%(-?)([a-zA-Z%])/g, (match, minus: string, letter: string) => {
    if (letter === "%") return "%";
    if (letter === "e") return String(date.getDate()).padStart(2);
    const combined = COMBINED[letter];
    if (combined !== undefined) return formatDate(date, combined);
    const part = PARTS[letter];
    if (part === undefined) return match;
    const [read, width] = part;
    return String(read(date)).padStart(minus === "-" ? 0 : width, "0");
  });
}

function nameIn(names: readonly string[], index: number): string {
  return names[index] ?? "";
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1);
  return Math.floor((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / DAY_MS) + 1;
}
