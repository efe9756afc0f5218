import type { Command, Option } from "commander";
import { createProgram } from "../../../src/cli/rill.js";
import { helpProse, markdownTable } from "./markdown-text.js";

const INTRODUCTION = `# Command line

\`rill\` is the program of Rill: it serves a model, calls a running server, measures it and downloads models. This page lists every command and option, and is for those who look one up; the other pages show them at work. In a clone, \`npm run -s rill -- COMMAND\` calls the program, and the pages write \`rill COMMAND\` for it.

<!-- \`npm run docs:generate\` writes this page from the commands in src/cli. -->

\`\`\`console
$ npm run -s rill -- tokenize "Hello world" --pieces
19556\t"Hello"
905\t" world"
\`\`\`

\`rill COMMAND --help\` prints the same in a terminal, and \`rill --version\` the version. Where an option of \`rill generate\` sets a field of the request, its default is the server's, and [API](api.md#generatestreamrequest) describes the field.`;

/** The heading of the options that all commands have which call a server. The page shows them once. */
const SHARED_GROUP = "Connection:";
const SHARED_TITLE = "Shared options";
/** The command whose other options are the settings, which have a page of their own. */
const SERVER_COMMAND = "serve";
const SETTING_GROUPS: ReadonlySet<string> = new Set(["Server:", "Limits:"]);

/** The page of all commands, from the objects that also write their help. */
export async function cliPage(): Promise<string> {
  const program = await createProgram();
  const [firstClient] = program.commands.filter((command) => sharedOptions(command).length > 0);
  if (firstClient === undefined) throw new Error("no command calls a server");
  return [
    INTRODUCTION,
    markdownTable(
      ["command", "what it does"],
      program.commands.map((command) => [
        `[\`rill ${command.name()}\`](#rill-${command.name()})`,
        helpProse(command.description()),
      ]),
    ),
    ...program.commands.flatMap((command) => commandSection(command, "##")),
    `## ${SHARED_TITLE}`,
    "Every command that calls a server has these options.",
    optionTable(sharedOptions(firstClient)),
  ].join("\n\n");
}

function commandSection(command: Command, marks: string): readonly string[] {
  const name = fullName(command);
  return [
    `${marks} ${name}`,
    `\`${name} ${command.usage()}\``,
    `${sentence(helpProse(command.description()))}${remarks(command)}`,
    ...argumentTable(command),
    ...optionTables(command),
    ...notesOf(command),
    ...command.commands.flatMap((inner) => commandSection(inner, `${marks}#`)),
  ];
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** Refers to options that stand elsewhere. */
function remarks(command: Command): string {
  if (command.name() === SERVER_COMMAND) {
    return " Every setting of [Configuration](configuration.md) is an option of this command too.";
  }
  return sharedOptions(command).length > 0 ? " It also has the [shared options](#shared-options)." : "";
}

function sharedOptions(command: Command): readonly Option[] {
  return command.options.filter(({ helpGroupHeading }) => helpGroupHeading === SHARED_GROUP);
}

function argumentTable({ registeredArguments }: Command): readonly string[] {
  if (registeredArguments.length === 0) return [];
  const rows = registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "…" : ""}`;
    return [`\`${argument.required ? `<${name}>` : `[${name}]`}\``, helpProse(argument.description)];
  });
  return [markdownTable(["argument", "meaning"], rows)];
}

/** A table for each group of options, in the order of the help. */
function optionTables(command: Command): readonly string[] {
  const groups = new Map<string, Option[]>();
  for (const option of command.options) {
    const heading = option.helpGroupHeading ?? "";
    if (heading === SHARED_GROUP || (command.name() === SERVER_COMMAND && SETTING_GROUPS.has(heading))) continue;
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  return [...groups].flatMap(([heading, options]) => [
    ...(heading === "" ? [] : [`**${heading.replace(/:$/, "")}**`]),
    optionTable(options),
  ]);
}

function optionTable(options: readonly Option[]): string {
  return markdownTable(["option", "meaning", "default"], options.map(optionRow));
}

function optionRow(option: Option): readonly string[] {
  const { meaning, standard } = splitDefault(option.description);
  const described = meaning === "the opposite" ? `the opposite of ${option.flags.replace("--no-", "--")}` : meaning;
  const variable = option.envVar === undefined ? "" : `; also ${option.envVar}`;
  const value = option.defaultValue === undefined ? helpProse(standard) : `\`${String(option.defaultValue)}\``;
  return [`\`${option.flags}\``, helpProse(`${described}${variable}`), value];
}

/** Help texts end in their default, in parentheses. */
function splitDefault(description: string): { readonly meaning: string; readonly standard: string } {
  const [, meaning, words] = /^(.*) \((?!or )(?:default )?([^()]+)\)$/.exec(description) ?? [];
  return meaning === undefined || words === undefined
    ? { meaning: description, standard: "" }
    : { meaning, standard: words };
}

/** The paragraphs that the help has after its options. */
function notesOf(command: Command): readonly string[] {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const notes = help.slice(command.helpInformation().length);
  return notes
    .split(/\n{2,}/)
    .map((paragraph) => helpProse(paragraph.trim().replaceAll("\n", " ")))
    .filter((paragraph) => paragraph !== "");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
