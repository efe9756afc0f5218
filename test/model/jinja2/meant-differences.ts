import type { Rendered } from "./jinja2-peer.js";

/** Whether two renderings differ in the way that is meant. */
type Difference = (ours: Rendered, theirs: Rendered) => boolean;

const failsThere =
  (problem: RegExp): Difference =>
  (ours, theirs) =>
    "text" in ours && "error" in theirs && problem.test(theirs.error);

/** The sandbox of transformers refuses to change a list. */
const changesList = failsThere(/^SecurityError: .*'(?:append|pop)'/);

/** The templates whose renderings are meant to differ from jinja2's, and how. docs/decisions/prepare.md says why. */
const MEANT: Readonly<Record<string, Difference>> = {
  "Kimi-K2-Instruct": changesList,
  "Kimi-K2-Thinking": changesList,
  // The filter `map` makes a generator there.
  "llama-cpp-deepseek-r1": failsThere(/Object of type generator is not JSON serializable/),
  // A text behind `safe` makes jinja2 escape what is joined to it as HTML.
  "meetkai-functionary-medium-v3.1": (ours, theirs) =>
    "text" in ours && "text" in theirs && ours.text === fromHtml(theirs.text),
};

const HTML: Readonly<Record<string, string>> = { "&#34;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" };

function fromHtml(text: string): string {
  return text.replaceAll(/&(?:#34|#39|lt|gt|amp);/g, (entity) => HTML[entity] ?? entity);
}

/** Whether two renderings of a template are the same, fail both, or differ in the way that is meant. */
export function agree(template: string, ours: Rendered, theirs: Rendered): boolean {
  if ("error" in ours && "error" in theirs) return true;
  if ("text" in ours && "text" in theirs && ours.text === theirs.text) return true;
  return MEANT[template]?.(ours, theirs) === true;
}
