/** A decimal number without rounding: `units` times 10 to the power of `-places`. */
export interface Decimal {
  readonly units: bigint;
  readonly places: number;
}

/** The most digits after the decimal point of a number that is compared exactly. */
const MAX_PLACES = 40;

/** The shortest decimal that the double reads as. undefined means that it has too many digits after its point. */
export function decimalOf(value: number): Decimal | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const places = fraction.length - Number(exponent);
  const units = BigInt(`${sign}${whole}${fraction}`);
  if (places > MAX_PLACES) return undefined;
  return places >= 0 ? { units, places } : { units: units * 10n ** BigInt(-places), places: 0 };
}

/** The units of a decimal at a number of places that is not less than its own. */
export function unitsAt({ units, places }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - places);
}

/** A value of `multipleOf`. */
export class DecimalStep {
  readonly decimal: Decimal;

  private constructor({ units, places }: Decimal) {
    let decimal = { units, places };
    while (decimal.places > 0 && decimal.units % 10n === 0n) {
      decimal = { units: decimal.units / 10n, places: decimal.places - 1 };
    }
    this.decimal = decimal;
  }

  /** undefined means that the value is no number above 0 or has too many digits. */
  static tryOf(value: unknown): DecimalStep | undefined {
    const decimal = typeof value === "number" && value > 0 ? decimalOf(value) : undefined;
    return decimal === undefined ? undefined : new DecimalStep(decimal);
  }

  /** The step of the integers. */
  static readonly one = new DecimalStep({ units: 1n, places: 0 });

  /** The least common multiple. */
  with(other: DecimalStep): DecimalStep {
    const places = Math.max(this.decimal.places, other.decimal.places);
    const [one, its] = [unitsAt(this.decimal, places), unitsAt(other.decimal, places)];
    return new DecimalStep({ units: (one / greatestDivisor(one, its)) * its, places });
  }

  divides(value: number): boolean | undefined {
    const decimal = decimalOf(value);
    if (decimal === undefined) return undefined;
    const places = Math.max(decimal.places, this.decimal.places);
    return unitsAt(decimal, places) % unitsAt(this.decimal, places) === 0n;
  }
}

function greatestDivisor(one: bigint, other: bigint): bigint {
  let [left, right] = [one, other];
  while (right !== 0n) [left, right] = [right, left % right];
  return left;
}
