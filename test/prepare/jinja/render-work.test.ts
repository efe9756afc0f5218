import assert from "node:assert/strict";
import { JinjaProgram } from "../../../src/prepare/jinja/jinja-program.js";
import { TemplateError } from "../../../src/prepare/jinja/template-error.js";
import type { JinjaValue } from "../../../src/prepare/jinja/values.js";

const TEXT = "ab ".repeat(30_000);
const BOUNDS = { steps: 2_000_000, characters: 4_000_000 };
/** Far more than any of these takes on a busy machine, and far less than the work that they ask for. */
const LIMIT_MS = 5_000;

const STEPS = /^the template takes more than 2000000 steps, which is the limit$/;
const CHARACTERS = /^the template reads and writes more than 4000000 characters, which is the limit$/;
const DEPTH = /^the template nests values, calls or tags too deep$/;
const DIGITS = /^a result would have more than 4300 digits$/;

const loop = (body: string): string =>
  `{% for i in range(50000) %}{% for j in range(50000) %}${body}{% endfor %}{% endfor %}`;
const growing = (value: string, next: string): string =>
  `{% set ns = namespace(a=${value}) %}{% for i in range(100) %}{% set ns.a = ${next} %}{% endfor %}{{ ns.a | length }}`;
const nested = (use: string): string =>
  `{% set ns = namespace(l=[], k=[]) %}{% for i in range(9000) %}{% set ns.l = [ns.l] %}{% set ns.k = [ns.k] %}{% endfor %}${use}`;
const many = (part: string, separator: string): string => Array.from({ length: 2_000 }, () => part).join(separator);

/** Templates that ask for more work than they may do, and the error. */
const HOSTILE: readonly (readonly [template: string, problem: RegExp])[] = [
  [loop(""), STEPS],
  [loop("some text"), CHARACTERS],
  [loop("x".repeat(100)), CHARACTERS],
  [loop(`{{ ${many("1", "+")} }}`), STEPS],
  [loop(`{% set x = [${many("1", ",")}] %}`), STEPS],
  [loop(`{% set x = {${many("1:1", ",")}} %}`), STEPS],
  [loop(`{% if ${many("false", " or ")} %}{% endif %}`), STEPS],
  [loop(`{% if ${many("true", " and ")} %}{% endif %}`), STEPS],
  [loop(`{% if ${"not ".repeat(1_000)} true %}{% endif %}`), STEPS],
  ["{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}", STEPS],
  ["{% set l = [1] %}{% for x in range(99) %}{% set _ = l.extend(l) %}{% endfor %}", STEPS],
  ["{% macro m(n) %}{% if n > 0 %}{{ m(n-1) ~ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}", STEPS],
  ["{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}", DEPTH],
  ["{{ 'x' * 1000000000 }}", CHARACTERS],
  ["{{ 1000000000 * 'x' }}", CHARACTERS],
  ["{{ ([1] * 1000000000) | length }}", STEPS],
  [growing("'x'", "ns.a ~ ns.a"), CHARACTERS],
  [growing("'x'", "ns.a + ns.a"), CHARACTERS],
  [growing("[1]", "ns.a + ns.a"), STEPS],
  ["{{ range(50000) | join(t) }}", CHARACTERS],
  ["{{ t.join(t.split(' ')) }}", CHARACTERS],
  ["{{ t | replace('a', t) }}", CHARACTERS],
  ["{{ t.replace('', t) }}", CHARACTERS],
  ["{{ t.replace(' ', '\\n') | indent(100000) }}", CHARACTERS],
  ["{{ 'a' | indent(1000000000000) }}", CHARACTERS],
  ["{{ 'a' | center(1000000000) }}", CHARACTERS],
  ["{{ 'a'.ljust(1000000000) }}{{ 'a'.rjust(1000000000) }}", CHARACTERS],
  ["{{ 'a'.zfill(1000000000) }}", CHARACTERS],
  ["{{ '{:1000000000}'.format(1) }}", CHARACTERS],
  ["{{ '%1000000000d' % 1 }}", CHARACTERS],
  ["{{ [[[1]]] | tojson(indent=1000000000) }}", CHARACTERS],
  ["{{ range(50000) | list | tojson(separators=(t, ':')) }}", CHARACTERS],
  [loop("{{ t | tojson | length }}"), CHARACTERS],
  [loop("{{ [t] | string | length }}"), CHARACTERS],
  [loop("{{ t | title | length }}"), CHARACTERS],
  [loop("{{ t.split(' ') | length }}"), /^the template/],
  [loop("{{ t[j] }}"), CHARACTERS],
  [loop("{{ t[j:] }}"), STEPS],
  [
    "{% set l = [] %}{% for i in range(9999) %}{% set b = t ~ i %}{{ b | length }}{% set _ = l.append(b) %}{% endfor %}",
    CHARACTERS,
  ],
  [nested("{{ ns.l | tojson }}"), DEPTH],
  [nested("{{ ns.l }}"), DEPTH],
  [nested("{{ ns.l == ns.k }}"), DEPTH],
  ["{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}", DEPTH],
  ["{{ [1] | batch(1000000000, 0) }}", STEPS],
  ["{{ [1] | batch(0) }}", /^batch\(\) makes rows of at least 1 item, not 0$/],
  ["{{ range(50000) | unique | length }}", STEPS],
  ["{{ 10 ** 100000000 }}", DIGITS],
  ["{{ (10 ** 4000) ** 4000 }}", DIGITS],
  [
    "{% set ns = namespace(a=99999999999999999999) %}{% for i in range(99) %}{% set ns.a = ns.a * ns.a %}{% endfor %}",
    DIGITS,
  ],
];

/** Templates whose work grows with the square of their input if a method is careless, and what they write. */
const LONG: readonly (readonly [template: string, written: string])[] = [
  ["{{ (t * 20).rsplit(' ') | length }}", "600001"],
  ["{{ (t * 20).rsplit(' ', 1)[0] | length }}", "1799999"],
  ["{{ ('1' * 200000 ~ 'x') | float }}", "0.0"],
  ["{{ ('1' * 200000) | int }}", "0"],
  ["{{ (('%' ~ '0' * 200000) % 1) | length }}", "200001"],
  ["{{ 'inf' | float | int }} {{ range('inf' | float | int) | length }}", "0 0"],
  [`a${" ".repeat(300_000)}b{%- if true %}{% endif %}`, `a${" ".repeat(300_000)}b`],
  [`{{ '${"\\n".repeat(500_000)}' | length }}`, "500000"],
];

function timed<T>(work: () => T): T {
  const start = performance.now();
  const result = work();
  const tookMs = performance.now() - start;
  assert.ok(tookMs < LIMIT_MS, `took ${tookMs} ms`);
  return result;
}

const variables: ReadonlyMap<string, JinjaValue> = new Map([["t", TEXT]]);

describe("the work of a rendering", () => {
  it("ends with an error where a template asks for more than its bounds", () => {
    for (const [template, problem] of HOSTILE) {
      const program = new JinjaProgram(template);
      assert.throws(
        () => timed(() => program.render(variables, BOUNDS)),
        (error) => error instanceof TemplateError && problem.test(error.message),
        template.slice(0, 200),
      );
    }
  });

  it("does not grow with the square of a long text", () => {
    for (const [template, written] of LONG) {
      assert.equal(
        timed(() => new JinjaProgram(template).render(variables)),
        written,
        template.slice(0, 100),
      );
    }
  });

  it("is bounded while a template is read", () => {
    for (const template of [
      `{{ ${"(".repeat(100_000)}1${")".repeat(100_000)} }}`,
      "{% if 1 %}".repeat(50_000) + "{% endif %}".repeat(50_000),
    ]) {
      assert.throws(() => timed(() => new JinjaProgram(template)), TemplateError);
    }
  });

  it("may be more for a longer input", () => {
    const program = new JinjaProgram("{% for i in range(90) %}{{ t | length }}{% endfor %}");
    const long = new Map([["t", "x".repeat(4_000_000)]]);
    assert.throws(() => program.render(long, { steps: 1_000_000, characters: 200_000_000 }), TemplateError);
    assert.match(
      new JinjaProgram("{% for i in range(30) %}{{ t | length }}{% endfor %}").render(long),
      /^(4000000){30}$/,
    );
  });

  it("is counted anew for each rendering, also after one that failed", () => {
    const program = new JinjaProgram("{% for i in range(n) %}{% for j in range(n) %}x{% endfor %}{% endfor %}");
    const render = (n: number): string => program.render(new Map([["n", n]]), BOUNDS);
    for (const _ of Array(3).keys()) {
      assert.equal(render(500).length, 250_000);
      assert.throws(() => render(5_000), TemplateError);
    }
  });
});
