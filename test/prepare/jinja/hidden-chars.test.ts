import assert from "node:assert/strict";
import fc from "fast-check";
import { showHidden } from "../../../src/prepare/jinja/hidden-chars.js";
import { JinjaProgram } from "../../../src/prepare/jinja/jinja-program.js";
import { HiddenTexts } from "../../../src/prepare/template/hidden-texts.js";
import { ControlTexts } from "../../../src/prepare/tokens/control-texts.js";

const CONTROLS = ["<think>", "</think>", "<|im_end|>", "｜x｜", "tool"];

function textsFor(controls: readonly string[]): HiddenTexts {
  const tokens = controls.map((text, id) => ({ id, text, stripsBefore: false, stripsAfter: false }));
  return new HiddenTexts({ controlTexts: new ControlTexts(tokens), readsControlTexts: false });
}

/** The expressions with which published templates look into a text, take it apart and change it. */
const USES = [
  ...["t", "t | trim", "t.strip('<>')", "t.lstrip('</')", "t.rstrip('>|')", "t | length", "t.strip()"],
  ...["'</think>' in t", "'<' in t", "t.startswith('<think>')", "t.endswith(('>', 'l'))", "t.split('</think>')[-1]"],
  ...["t.split('<think>')", "t.rsplit('>', 1)", "t.split()", "t.replace('</think>', '')", "t.replace('<', '[', 1)"],
  ...["t[:3]", "t[-4:]", "t[0]", "t[::-1]", "t.partition('</think>')[2]", "t.find('|')", "t.count('<')"],
  ...["t == '<think>'", "t in ['</think>', '<|im_end|>']", "t | upper", "t.lower()", "t | capitalize", "t.title()"],
  ...["t | tojson", "t | tojson(ensure_ascii=true)", "[t]", "t ~ t", "t | replace('|', '!')", "t.removeprefix('<th')"],
  ...["{'k': t}.k", "{t: 1}[t]", "t | indent", "t.splitlines()", "t | list", "t < '<u'", "t.isalpha()", "'%s' % t"],
  ...["'{}'.format(t)", "t | first", "t | reverse", "t.join(['a', 'b'])", "[t, 'a'] | sort", "[t, t] | unique | list"],
];
const program = new JinjaProgram(USES.map((use) => `{{ ${use} if t else '' }}`).join("\n"));

describe("a hidden text", () => {
  const piece = fc.constantFrom(
    ...CONTROLS,
    "a",
    "B",
    " ",
    "\n",
    "<",
    ">",
    "|",
    "/",
    "think",
    "🙂",
    "é",
    "\u3000",
    "｜",
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));

  const texts = textsFor(CONTROLS);

  it("is to a template what the caller wrote, whatever the template does with it", () => {
    fc.assert(
      fc.property(text, (content) => {
        const plain = program.render(new Map([["t", content]]));
        const hidden = program.render(new Map([["t", texts.hide(content)]]));
        assert.equal(showHidden(hidden), plain);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never spells a control text, whatever the template does with it", () => {
    const withEmoji = textsFor([...CONTROLS, "🙂end", "end🙂"]);
    fc.assert(
      fc.property(text, (content) => {
        const rendered = new JinjaProgram("{{ t }}{{ t.strip() }}{{ t | upper }}{{ t[1:] }}").render(
          new Map([["t", withEmoji.hide(content)]]),
        );
        assert.deepEqual(withEmoji.read(rendered), rendered === "" ? [] : [showHidden(rendered)]);
      }),
      { numRuns: 1_000 },
    );
  });
});
