import { MAX_SOCKET_PATH_BYTES } from "../../../src/machine/address.js";
import { LIMIT_SETTINGS } from "../../../src/settings/limit-settings.js";
import { SERVER_SETTINGS } from "../../../src/settings/server-settings.js";
import { environmentNameOf, flagOf, type Setting, yamlKeyOf } from "../../../src/settings/setting.js";
import { helpProse, markdownTable } from "./markdown-text.js";
import { SETTING_GROUPS, type SettingGroup } from "./setting-groups.js";

const INTRODUCTION = `# Configuration

This page lists every setting of the server with its default and its bounds. It is for whoever runs a server; the defaults suit a first try.

<!-- \`npm run docs:generate\` writes this page from the tables in src/settings. -->

Every setting has three spellings: a flag of \`rill serve\`, an environment variable, and a key of the YAML file that \`--config\` or \`RILL_CONFIG\` names. A flag wins over the environment, the environment over the file, and the file over the default. \`--print-config\` shows the value of each setting and where it comes from.

\`\`\`yaml file=rill.yaml
slots: 4
maxQueueWait: 30s
\`\`\`

\`\`\`console
$ RILL_MAX_OUTPUT_TOKENS=512 npm run -s rill -- serve \\
    --config rill.yaml --slots 2 --print-config
…
slots: 2 … # --slots
…
maxOutputTokens: 512 … # RILL_MAX_OUTPUT_TOKENS
…
maxQueueWait: 30s … # rill.yaml: maxQueueWait
…
\`\`\`

The server names all wrong settings at once, and ends with exit code 2:

\`\`\`console
$ rill serve --slots 0 --drain-delay 5
rill serve: wrong settings (rill serve --help tells more)
  --slots: "0" must be auto or a whole number from 1 to 64
  --drain-delay: "5" must be a duration from 0 to 10m, such as 5s
\`\`\`

Durations have a unit: \`250ms\`, \`30s\`, \`1.5m\`, \`2h\`. Sizes do too: \`512B\`, \`64KiB\`, \`4MiB\`, \`1GiB\`. A value of \`auto\` lets the server decide. An empty variable counts as unset, and a variable or a key that is no setting is reported.`;

type AnySetting = Setting<unknown>;

/** The page of all settings, from the tables that also read them. */
export function configurationPage(): string {
  const settings = [...Object.values(SERVER_SETTINGS), ...Object.values(LIMIT_SETTINGS)];
  return [
    INTRODUCTION,
    ...groupSettings(settings).flatMap(({ title, about, settings: ofGroup }) => [
      `## ${title}`,
      about,
      markdownTable(["setting", "default, values", "meaning"], ofGroup.map(settingRow)),
    ]),
  ].join("\n\n");
}

interface FilledGroup extends Pick<SettingGroup, "title" | "about"> {
  readonly settings: readonly AnySetting[];
}

/** @throws Error if a setting has no group, or a name no setting */
export function groupSettings(
  settings: readonly AnySetting[],
  groups: readonly SettingGroup[] = SETTING_GROUPS,
): readonly FilledGroup[] {
  const left = new Map(settings.map((setting) => [setting.name, setting]));
  const take = (pattern: string): readonly AnySetting[] => {
    const found = [...left.values()].filter(({ name }) =>
      pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
    if (found.length === 0) throw new Error(`the groups of settings name ${pattern}, which is not there`);
    for (const { name } of found) left.delete(name);
    return found;
  };
  const filled = groups.map(({ title, about, names }) => ({ title, about, settings: names.flatMap(take) }));
  if (left.size > 0) throw new Error(`no group of settings has ${[...left.keys()].join(", ")}`);
  return filled;
}

function settingRow(setting: AnySetting): readonly string[] {
  const { name, about } = setting;
  const standard = setting.format(setting.default);
  return [
    `<a id="${name}"></a>\`${flagOf(name)}\`<br>\`${environmentNameOf(name)}\`<br>\`${yamlKeyOf(name)}\``,
    `\`${standard}\`<br>${helpProse(boundsOf(setting, standard))}`,
    helpProse(about),
  ];
}

/** The valid values, without what the default says already. */
function boundsOf({ expected }: AnySetting, standard: string): string {
  const example = `, such as ${standard}`;
  const bounds = expected.endsWith(example) ? expected.slice(0, -example.length) : expected;
  return bounds
    .replace(/\ba (?:whole number|duration|size) from /, "")
    .replace(/^a text that is not empty$/, "any text")
    .replace(` ${MAX_SOCKET_PATH_BYTES} bytes`, " 107 bytes (103 on macOS)");
}
