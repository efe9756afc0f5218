import assert from "node:assert/strict";
import { JinjaProgram } from "../../../src/prepare/jinja/jinja-program.js";
import { TemplateError } from "../../../src/prepare/jinja/template-error.js";
import { parseJsonObject } from "../../../src/prepare/template/hidden-texts.js";

const variables = parseJsonObject(
  JSON.stringify({
    text: "\u3000\n a-b \u3000",
    emoji: "👍🏽 ok",
    none: null,
    yes: true,
    items: [3, 1, 2],
    names: ["b", "A", "c"],
    dict: { b: 1, a: "x'y", items: 5, nested: { k: [1, { z: null }] } },
    people: [
      { name: "Ann", age: 3, of: { city: "X" } },
      { name: "Bob", age: 1, of: { city: "Y" } },
    ],
  }),
  { field: "json", hide: (it) => it },
);

function render(source: string): string {
  return new JinjaProgram(source).render(variables);
}

function fails(source: string): Pick<TemplateError, "line" | "message"> {
  try {
    render(source);
  } catch (error) {
    assert.ok(error instanceof TemplateError);
    return error;
  }
  return assert.fail(`${source} has no error`);
}

/** Templates and what Python's jinja2 3.1.6 makes of them, set up as transformers does. */
const SCENES: Readonly<Record<string, readonly (readonly [source: string, rendered: string])[]>> = {
  "strips the characters that it is told, and the white space of Unicode": [
    ["[{{ text.strip('\n') }}]", "[\u3000\n a-b \u3000]"],
    ["[{{ text.strip() }}|{{ text | trim }}]", "[a-b|a-b]"],
    ["[{{ text.lstrip('\u3000\n') }}|{{ text.rstrip(' \u3000') }}]", "[ a-b \u3000|\u3000\n a-b]"],
    ["{{ 'xxaxbxx'.strip('x') }}{{ 'xxaxx'.lstrip('x') }}{{ 'xxaxx'.rstrip('x') }}", "axbaxxxxa"],
    ["{{ '👍a👍'.strip('👍') }}", "a"],
  ],
  "has integers as keys, and formats texts": [
    ["{{ {0: 'a', 512: 'b'}[512] }}{% for k, v in {1: 2}.items() %}{{ k + v }}{% endfor %}", "b3"],
    ["{{ '<{}:{}>'.format(1, 'x') }}{{ '{0}{a}{0}{{}}'.format('p', a=none) }}", "<1:x>pNonep{}"],
    ["{{ '%s is %05.1f%%' | format('x', 2) }}{{ '%03d' % 7 }}", "x is 002.0%007"],
    ["{{ '{:>5}|{:05d}|{:,.2f}'.format('a', 42, 1234.5) }}", "    a|00042|1,234.50"],
  ],
  "prints values as Python does": [
    [
      "{{ none }} {{ yes }} {{ missing }} {{ 1.0 }} {{ 2 / 4 }} {{ 7 // 2 }} {{ -7 % 3 }} {{ 10 ** 20 }}",
      "None True  1.0 0.5 3 2 100000000000000000000",
    ],
    ["{{ dict }}", `{'b': 1, 'a': "x'y", 'items': 5, 'nested': {'k': [1, {'z': None}]}}`],
    [
      "{{ (1,) }}{{ ('a', 2) }}{{ [] }}{{ 'a' ~ none ~ 1.5 }}{{ 1e16 }} {{ 0.00001 }}",
      "(1,)('a', 2)[]aNone1.51e+16 1e-05",
    ],
  ],
  "writes JSON as transformers' tojson does": [
    ["{{ dict | tojson }}", `{"b": 1, "a": "x'y", "items": 5, "nested": {"k": [1, {"z": null}]}}`],
    ["{{ dict.nested | tojson(indent=2) }}", '{\n  "k": [\n    1,\n    {\n      "z": null\n    }\n  ]\n}'],
    [
      "{{ {'b': '<é>', 'a': '👍'} | tojson(ensure_ascii=true, sort_keys=true, separators=(',', ':')) }}",
      '{"a":"\\ud83d\\udc4d","b":"<\\u00e9>"}',
    ],
  ],
  "compares and looks up as Python does": [
    [
      "{{ 1 == '1' }} {{ missing == none }} {{ 1 == 1.0 }} {{ [1, 2] == [1, 2] }} {{ 1 < 2 < 3 }}",
      "False False True True True",
    ],
    ["{{ 'a' in 'cat' }} {{ 'x' in missing }} {{ 'b' in dict }} {{ 2 not in items }}", "True False True False"],
    [
      "{{ dict['items'] }} {{ dict.items() | length }} {{ dict.missing is defined }} {{ dict.get('q', 7) }}",
      "5 4 False 7",
    ],
    ["{{ emoji[0] }}{{ emoji[3:] }}{{ emoji | length }}{{ items[-1] }}{{ items[::-1] }}", "👍ok52[2, 1, 3]"],
  ],
  "keeps the variables of a loop's round to that round": [
    ["{% set x = 0 %}{% for i in items %}{% set x = i %}{{ x }}{% endfor %}{{ x }}", "3120"],
    ["{% set ns = namespace(n=0) %}{% for i in items %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6"],
    [
      "{% for i in items if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% else %}no{% endfor %}{% for i in [] %}{% else %}none{% endfor %}",
      "1/2:3 2/2:2 none",
    ],
    [
      "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% elif i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
      "023",
    ],
    [
      "{% for a, b in [(1, 2), (3, 4)] %}{{ loop.first }}{{ a + b }}{{ loop.nextitem }}{{ loop.cycle('x', 'y') }}{% endfor %}",
      "True3(3, 4)xFalse7y",
    ],
  ],
  "has macros, call blocks, filters of blocks and blocks of variables": [
    [
      "{% macro m(a, b='d') %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }}{{ m(1, 2, 3, c=4) }}",
      "1d(){}12(3,){'c': 4}",
    ],
    ["{% macro m() %}<{{ caller('x') }}>{% endmacro %}{% call(v) m() %}{{ v }}!{% endcall %}", "<x!>"],
    ["{% filter upper | trim %} ab {% endfilter %}{% set t | upper %}q{{ yes }}{% endset %}{{ t }}", "ABQTRUE"],
    ["{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}{% generation %}g{% endgeneration %}", "3g"],
    ["{% set a, b = 'xy' %}{{ b }}{{ a }}{% macro late() %}{{ z }}{% endmacro %}{% set z = 5 %}{{ late() }}", "yx5"],
  ],
  "trims blocks and their indent, and what a minus says": [
    ["a\n  {% if yes %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc"],
    ["a\n  {{- 'x' -}}\n  b{# c #}\n d\n  {%+ if yes %}e{% endif %}", "axb d\n  e"],
    ["{% raw %}{{ x }}{% endraw %}{{ '}}' }}{{ {'a': {'b': 1}}.a.b }}", "{{ x }}}}1"],
  ],
  "chooses, sorts and maps": [
    ["{{ people | selectattr('age', 'gt', 2) | map(attribute='name') | list }}", "['Ann']"],
    ["{{ people | map(attribute='of.city') | join(', ') }}{{ none | selectattr('x') | list }}", "X, Y[]"],
    [
      "{{ names | sort }}{{ items | sort(reverse=true) }}{{ dict.nested | dictsort }}{{ names | map('upper') | first }}",
      "['A', 'b', 'c'][3, 2, 1][('k', [1, {'z': None}])]B",
    ],
    [
      "{{ people | rejectattr('age', 'equalto', 1) | list | length }}{{ items | max }}{{ items | sum }}{{ ['a', 'A'] | unique | list }}",
      "136['a']",
    ],
  ],
  "changes texts": [
    [
      "{{ 'a,b,,c'.split(',') }}{{ ' a  b '.split() }}{{ 'a b c'.split(' ', 1) }}{{ 'a b c'.rsplit(' ', 1)[-1] }}",
      "['a', 'b', '', 'c']['a', 'b']['a', 'b c']c",
    ],
    [
      "{{ 'aXbX'.replace('X', '-', 1) }}{{ 'straße'.upper() }}{{ 'hELLO wOrld'.capitalize() }}{{ 'hi you'.title() }}",
      "a-bXSTRASSEHello worldHi You",
    ],
    [
      "{{ 'abc'.startswith(('x', 'a')) }}{{ 'abc'.endswith('c') }}{{ 'abcb'.find('b') }}{{ 'abcb'.count('b') }}",
      "TrueTrue12",
    ],
    ["{{ 'a\nb\n\nc' | indent(2) }}|{{ 'a\nb' | indent(1, true) }}", "a\n  b\n\n  c| a\n b"],
  ],
};

describe("JinjaProgram", () => {
  for (const [title, scenes] of Object.entries(SCENES)) {
    it(title, () => {
      for (const [source, rendered] of scenes) assert.equal(render(source), rendered, source);
    });
  }

  it("lets a list be changed within one rendering, unlike transformers' sandbox", () => {
    const source = "{% set l = [] %}{% set _ = l.append(1) %}{% set _ = l.append(2) %}{{ l.pop(0) }}{{ l }}";
    const program = new JinjaProgram(source);
    for (let round = 0; round < 2; round++) assert.equal(program.render(variables), "1[2]");
  });

  it("names the line of what cannot be parsed", () => {
    for (const [source, line, message] of [
      ["a\n{% if %}", 2, /^unexpected end of the expression$/],
      ["\n\n{{ 'a }}", 3, /^unexpected "'"$/],
      ["{% if yes %}\n{% for i in items %}", 2, /"\{% else %\}|\{% endfor %\}/],
      ["\n{% endif %}", 2, /^there is no tag named endif$/],
      ["{{ a b }}", 1, /^expected "\}\}", not "b"$/],
      ["\n{# never", 2, /^the comment has no end$/],
    ] as const) {
      const error = fails(source);
      assert.equal(error.line, line, source);
      assert.match(error.message, message);
    }
  });

  it("names the line of what fails while it renders, and tells what the template raises itself", () => {
    assert.equal(fails("\n{{ missing.x }}").line, 2);
    assert.match(fails("{{ missing.x }}").message, /an undefined value has no attribute x/);
    assert.match(fails("{{ 1 + 'a' }}").message, /cannot calculate an integer \+ a string/);
    assert.match(fails("{{ text | nothing }}").message, /there is no filter named nothing/);
    assert.match(fails("{{ range(1000000) }}").message, /the most are 100000/);
    assert.equal(fails("{% if yes %}\n\n{{ raise_exception('so') }}{% endif %}").line, 3);
    const raised = fails("{{ raise_exception('so') }}");
    assert.deepEqual([raised.message, (raised as TemplateError).isRaised], ["so", true]);
    assert.equal((fails("{{ missing.x }}") as TemplateError).isRaised, false);
  });
});
