import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormatsModule from "ajv-formats";
import { addExactMultiples } from "../../support/exact-multiples.js";
import type { CorpusSchema } from "./corpus.js";

// The package's types describe its default export as a module.
const addFormats = addFormatsModule.default;
const OPTIONS = { strict: false, logger: false, validateFormats: true } as const;
const validators = new WeakMap<object, ValidateFunction>();

/** Validates an output by ajv and returns the flaw, if any, with the formats of ajv-formats and the draft that the schema names, which is 2020-12 by default. */
export function flawOf(schema: CorpusSchema["schema"], output: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return "it is no JSON";
  }
  const validate = validators.get(schema) ?? validatorOf(schema);
  validators.set(schema, validate);
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return `${first?.instancePath ?? ""} ${first?.message ?? "it is invalid"}`;
}

/** A pattern such as `^user\\_`, which zod 3 writes, is a regular expression only without the flag `u`. */
function validatorOf(schema: CorpusSchema["schema"]): ValidateFunction {
  try {
    return compile(schema, true);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return compile(schema, false);
  }
}

function compile(schema: CorpusSchema["schema"], unicodeRegExp: boolean): ValidateFunction {
  const draft = String(schema.$schema);
  const options = { ...OPTIONS, unicodeRegExp };
  const ajv = /draft-0[467]/.test(draft)
    ? new Ajv(options)
    : draft.includes("2019-09")
      ? new Ajv2019(options)
      : new Ajv2020(options);
  addFormats(ajv);
  addExactMultiples(ajv);
  return ajv.compile(schema);
}
