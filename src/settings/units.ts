interface Unit {
  readonly suffix: string;
  readonly factor: number;
}

const DURATION_UNITS: readonly Unit[] = [
  { suffix: "h", factor: 3_600_000 },
  { suffix: "m", factor: 60_000 },
  { suffix: "s", factor: 1_000 },
  { suffix: "ms", factor: 1 },
];

const SIZE_UNITS: readonly Unit[] = [
  { suffix: "GiB", factor: 1024 ** 3 },
  { suffix: "MiB", factor: 1024 ** 2 },
  { suffix: "KiB", factor: 1024 },
  { suffix: "B", factor: 1 },
];

const AMOUNT = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]+)$/;

/** Parses "30s", "250ms", "1.5h" or "0" to milliseconds. Returns undefined for anything else, and for fractions of a millisecond. */
export function parseDurationMs(text: string): number | undefined {
  return parseAmount(text, DURATION_UNITS);
}

/** Parses "4MiB", "512B", "0.5KiB" or "0" to bytes. Returns undefined for anything else, and for fractions of a byte. */
export function parseSizeBytes(text: string): number | undefined {
  return parseAmount(text, SIZE_UNITS);
}

/** Formats a time in the largest unit that leaves no fraction: 90,000 ms become "90s". */
export function formatDuration(durationMs: number): string {
  return formatAmount(durationMs, DURATION_UNITS);
}

/** Formats a time for people in its two largest units, rounded up: 203,117 ms become "3m 24s", and 1,200 ms become "2s". */
export function formatWait(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.ceil(durationMs)}ms`;
  const seconds = Math.ceil(durationMs / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return joined([Math.floor(seconds / 60), "m"], [seconds % 60, "s"]);
  const minutes = Math.ceil(seconds / 60);
  return joined([Math.floor(minutes / 60), "h"], [minutes % 60, "m"]);
}

function joined(...parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

/** Formats a size in the largest unit that leaves no fraction: 4,194,304 bytes become "4MiB". */
export function formatSize(sizeBytes: number): string {
  return formatAmount(sizeBytes, SIZE_UNITS);
}

function parseAmount(text: string, units: readonly Unit[]): number | undefined {
  if (text === "0") return 0;
  const [, digits, suffix] = AMOUNT.exec(text) ?? [];
  const unit = units.find((candidate) => candidate.suffix === suffix);
  if (unit === undefined) return undefined;
  const amount = Number(digits) * unit.factor;
  return Number.isSafeInteger(amount) ? amount : undefined;
}

function formatAmount(amount: number, units: readonly Unit[]): string {
  if (amount === 0) return "0";
  const unit = units.find(({ factor }) => amount % factor === 0);
  return unit === undefined ? String(amount) : `${amount / unit.factor}${unit.suffix}`;
}
