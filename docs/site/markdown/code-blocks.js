/** Renders what the info strings of the pages' code blocks say: `mermaid`, `file=NAME` and `text figure`. */
export function codeBlocks(md) {
  const render = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index];
    const [language, ...words] = token.info.trim().split(/\s+/);
    if (language === "mermaid") return `<MermaidDiagram source="${encodeURIComponent(token.content)}" />\n`;
    token.info = language;
    const block = render(tokens, index, ...rest);
    if (words.includes("figure")) return `<div class="code-figure">${block}</div>\n`;
    const name = words.find((word) => word.startsWith("file="))?.slice("file=".length);
    if (name === undefined) return block;
    return `<div class="code-file"><div class="code-file-name">${md.utils.escapeHtml(name)}</div>${block}</div>\n`;
  };
}

/** Writes text as it stands: Vue would read `{{ … }}` as an expression. */
export function plainText(md) {
  const render = md.renderer.rules.text;
  md.renderer.rules.text = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
}

/**
 * A transformer of Shiki for blocks of `console`: sets output apart from commands, and lets the button that copies a block copy
 * the commands alone. VitePress leaves out elements of the class `vp-copy-ignore`.
 */
export const consoleBlocks = {
  name: "console-blocks",
  code(node) {
    if (this.options.lang !== "console") return;
    const rows = this.source.split("\n");
    let continued = false;
    let row = 0;
    node.children = node.children.flatMap((child, index) => {
      if (child.type !== "element") return previousIsOutput(node.children[index - 1]) ? [] : [child];
      const text = rows[row++] ?? "";
      const isCommand = text.startsWith("$ ") || continued;
      continued = isCommand && text.endsWith("\\");
      if (!isCommand) markOutput(child, row < rows.length);
      else if (text.startsWith("$ ")) markPrompt(child);
      return [child];
    });
  },
};

function previousIsOutput(node) {
  return node?.properties?.class?.includes?.("console-output") ?? false;
}

/** The end of the line belongs to the output, so that it is not copied either. */
function markOutput(line, hasNext) {
  line.properties.class = `${line.properties.class ?? ""} console-output vp-copy-ignore`;
  if (hasNext) line.children.push({ type: "text", value: "\n" });
}

/** Takes the first two characters out of the line's coloured parts, and puts them before these as the prompt. */
function markPrompt(line) {
  let left = "$ ".length;
  for (const part of line.children) {
    const text = part.children?.[0];
    if (text?.type !== "text") continue;
    const taken = Math.min(left, text.value.length);
    text.value = text.value.slice(taken);
    left -= taken;
    if (left === 0) break;
  }
  line.children.unshift({
    type: "element",
    tagName: "span",
    properties: { class: "console-prompt vp-copy-ignore" },
    children: [{ type: "text", value: "$ " }],
  });
}
