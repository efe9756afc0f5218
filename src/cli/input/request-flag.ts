import type { JsonValue } from "../../client/contract-json.js";

/** How a flag's text becomes the JSON value of its field. */
export interface FlagType {
  /** What stands for the value in the help; undefined: the flag takes none. */
  readonly placeholder: string | undefined;
  /** What a value has to be, to follow "must be". */
  readonly expected: string;
  /** The flag may be given more than once: the lists are joined, the maps merged. */
  readonly repeats?: "list" | "map";
  /** Without a value: it has a twin, --no-…, which gives "no" to be parsed. */
  readonly negatable?: boolean;
  /** Undefined: not a value of this type. Bounds are the server's to check, but for what can't be sent. */
  readonly parse: (text: string) => JsonValue | undefined;
}

/** One field of a request and the flag that fills it. The tables of these are the only place where a flag is described. */
export interface RequestFlag {
  /** In kebab-case, without the dashes. */
  readonly name: string;
  readonly type: FlagType;
  /** Where the value goes, by the names of the proto: sampling.top_k */
  readonly field: string;
  readonly about: string;
  /** Heading in the help. */
  readonly group: string;
}
