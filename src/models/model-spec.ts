import { CATALOGUE, type CatalogueEntry, type HubLocation } from "./download/catalogue.js";
import { ModelError } from "./files/model-error.js";
import { parseSplitName } from "./gguf/split-name.js";

/** The parsed name of a model. */
export type ModelSpec =
  | { readonly kind: "catalogue"; readonly entry: CatalogueEntry }
  | { readonly kind: "hub"; readonly location: HubLocation }
  | { readonly kind: "path"; readonly path: string };

const HUB_SCHEME = "hf:";
const HUB_FORM = "hf:owner/repo/file.gguf, hf:owner/repo:file.gguf, either with #revision";
/** One segment of a hub address: no blanks, no "..", and no character with a meaning to a file system or a URL. */
const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?$/;

/**
 * Parses a model's name. `hf:…` is a file on the hub, a name of the catalogue is its entry, and any other text is a path; a file that is named like
 * an entry is written `./name`.
 *
 * @throws ModelError INVALID_MODEL_NAME; UNSUPPORTED_MODEL for one part of a split model on the hub
 */
export function parseModelSpec(text: string, catalogue: readonly CatalogueEntry[] = CATALOGUE): ModelSpec {
  if (text.trim() === "") throw new ModelError("INVALID_MODEL_NAME", "the model's name is empty");
  if (text.includes("\0")) throw new ModelError("INVALID_MODEL_NAME", "the model's name holds a NUL character");
  if (text.startsWith(HUB_SCHEME)) return { kind: "hub", location: parseHubLocation(text) };
  const entry = catalogue.find(({ name }) => name === text);
  if (entry !== undefined) return { kind: "catalogue", entry };
  if (isBareName(text)) throw unknownName(text, catalogue);
  return { kind: "path", path: text };
}

function parseHubLocation(text: string): HubLocation {
  const [address = "", revision = "main", ...more] = text.slice(HUB_SCHEME.length).split("#");
  const [owner = "", repo = "", ...fileParts] = address.replace(":", "/").split("/");
  const segments = [owner, repo, ...fileParts, ...revision.split("/")];
  const file = fileParts.join("/");
  if (more.length > 0 || !file.endsWith(".gguf") || !segments.every((segment) => SEGMENT.test(segment))) {
    throw new ModelError("INVALID_MODEL_NAME", `"${text}" is not an address on the hub; write ${HUB_FORM}`);
  }
  if (parseSplitName(file) !== undefined) {
    throw new ModelError(
      "UNSUPPORTED_MODEL",
      `"${text}" is one part of a split model, which is not fetched; put all parts into one folder and give the path of the first`,
    );
  }
  return { owner, repo, file, revision };
}

/** Returns whether a name has neither a separator nor an extension, and so was meant as a name of the catalogue. */
function isBareName(text: string): boolean {
  return !/[/\\]/.test(text) && !text.toLowerCase().endsWith(".gguf");
}

function unknownName(text: string, catalogue: readonly CatalogueEntry[]): ModelError {
  const names = catalogue.map(({ name }) => name).join(", ");
  return new ModelError(
    "INVALID_MODEL_NAME",
    `there is no model named "${text}"; known are: ${names}. A file is given by its path (./${text}), a file on the hub as ${HUB_FORM}`,
  );
}
