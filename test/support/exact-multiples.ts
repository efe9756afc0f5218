import type { Ajv } from "ajv";

/** Lets ajv judge `multipleOf` without rounding: by the decimals that the numbers are written as, not by the quotient of two doubles. */
export function addExactMultiples<Validator extends Pick<Ajv, "removeKeyword" | "addKeyword">>(
  ajv: Validator,
): Validator {
  ajv.removeKeyword("multipleOf");
  ajv.addKeyword({
    keyword: "multipleOf",
    type: "number",
    schemaType: "number",
    compile: (step: number) => (value: number) => isMultiple(value, step),
    error: { message: ({ schema }) => `must be a multiple of ${String(schema)}` },
  });
  return ajv;
}

function isMultiple(value: number, step: number): boolean {
  const [one, other] = [decimalOf(value), decimalOf(step)];
  const exponent = Math.min(one.exponent, other.exponent);
  const unitsOf = (decimal: ScaledDecimal): bigint => decimal.digits * 10n ** BigInt(decimal.exponent - exponent);
  return unitsOf(one) % unitsOf(other) === 0n;
}

/** The number is `digits` times 10 to the power of `exponent`. */
interface ScaledDecimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** The shortest decimal that reads as the double. */
function decimalOf(value: number): ScaledDecimal {
  const [mantissa = "", exponent] = value.toExponential().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}
