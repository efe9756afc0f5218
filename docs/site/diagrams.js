import DOMPurify from "dompurify";
import mermaid from "mermaid";
import { readFileSync } from "node:fs";
import { pages, root } from "./pages.js";

// The library cleans labels with a package that works only in a browser. To find mistakes, the labels may stay as they are.
DOMPurify.addHook ??= () => {};
DOMPurify.sanitize ??= (text) => text;

/** @throws Error when a diagram of a page cannot be drawn */
export async function checkDiagrams() {
  for (const file of pages) {
    const text = readFileSync(`${root}${file}`, "utf8");
    for (const [, diagram] of text.matchAll(/^```mermaid\n([^]*?)^```$/gm)) {
      await mermaid.parse(diagram).catch(({ message }) => {
        throw new Error(`${file} has a diagram that cannot be drawn: ${message}`);
      });
    }
  }
}
