import type { CodeBlock, MarkdownPage, RunDirective } from "./markdown-page.js";

/** One thing that a page asks its reader to do. */
export type PageStep =
  /** Writes a file into the folder of the page. */
  | { readonly type: "file"; readonly name: string; readonly text: string; readonly line: number }
  /** Runs a command in the shell of the page, and compares what it prints. */
  | { readonly type: "command"; readonly command: string; readonly expected: string; readonly line: number }
  /** Replaces the server that the commands after it call. */
  | { readonly type: "server"; readonly flags: string; readonly line: number }
  /** Is not run, because the machine of the tests lacks something. */
  | { readonly type: "unrun"; readonly needs: string; readonly line: number };

/** Blocks that only show something: a diagram or an excerpt of the contract. */
const SHOWN = new Set(["mermaid", "proto", "text figure"]);

/**
 * The steps of a page by the conventions of its code blocks:
 *
 * - `console`: lines that begin with "$ " are commands (a backslash at the end of a line continues it), the lines up to the next are the expected output.
 * - `sh`: one command, whose expected output is the next block, of the language `text` or `json`.
 * - Any language with `file=NAME`: the text of a file.
 * - `mermaid`, `proto` and `text figure` are only shown.
 * - `<!-- run: server FLAGS -->` starts a server with those flags for the blocks after it.
 * - `<!-- run: not, it needs REASON -->` exempts the block after it.
 *
 * @throws Error where a block has no role or a command no expected output
 */
export function pageSteps({ path, parts }: MarkdownPage): readonly PageStep[] {
  const steps: PageStep[] = [];
  const rest = [...parts];
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if ("words" in part) steps.push(directiveStep(path, part, rest));
    else steps.push(...blockSteps(path, part, rest));
  }
  return steps;
}

/** @param rest the parts after the directive; the block that it exempts is taken from them */
function directiveStep(path: string, { words, line }: RunDirective, rest: (CodeBlock | RunDirective)[]): PageStep {
  const flags = /^server(?: (.+))?$/.exec(words);
  if (flags !== null) return { type: "server", flags: flags[1] ?? "", line };
  const needs = /^not, it needs (.+)$/.exec(words)?.[1];
  if (needs === undefined) throw new Error(`${path}:${line}: unknown directive "${words}"`);
  const block = rest.shift();
  if (block === undefined || "words" in block) throw new Error(`${path}:${line}: no block follows the directive`);
  return { type: "unrun", needs, line: block.line };
}

/** @param rest the parts after the block; the expected output is taken from them */
function blockSteps(path: string, block: CodeBlock, rest: (CodeBlock | RunDirective)[]): readonly PageStep[] {
  const { language, meta, text, line } = block;
  const name = /(?:^|\s)file=(\S+)/.exec(meta)?.[1];
  if (name !== undefined) return [{ type: "file", name, text: `${text}\n`, line }];
  if (language === "console") return consoleSteps(path, block);
  if (language === "sh") {
    const output = rest.shift();
    if (output === undefined || "words" in output || !["text", "json"].includes(output.language))
      throw new Error(`${path}:${line}: no block of expected output follows the command`);
    return [{ type: "command", command: text, expected: output.text, line }];
  }
  if (SHOWN.has(`${language} ${meta}`.trim())) return [];
  throw new Error(`${path}:${line}: a block of "${language}" is neither a command nor a file nor an output`);
}

function consoleSteps(path: string, { text, line }: CodeBlock): readonly PageStep[] {
  const commands: { command: string; expected: string[]; line: number }[] = [];
  let continued = false;
  for (const [index, row] of text.split("\n").entries()) {
    const current = commands.at(-1);
    if (row.startsWith("$ ")) commands.push({ command: row.slice(2), expected: [], line: line + 1 + index });
    else if (current === undefined) throw new Error(`${path}:${line}: a console block begins with "$ "`);
    else if (continued) current.command += `\n${row}`;
    else current.expected.push(row);
    continued = row.endsWith("\\") && (row.startsWith("$ ") || continued);
  }
  return commands.map(({ expected, ...command }) => ({ type: "command", ...command, expected: expected.join("\n") }));
}
