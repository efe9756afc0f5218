import assert from "node:assert/strict";
import fc from "fast-check";
import { ControlTexts } from "../../../src/prepare/tokens/control-texts.js";
import { HiddenTexts, parseJsonObject } from "../../../src/prepare/template/hidden-texts.js";
import { showHidden } from "../../../src/prepare/jinja/hidden-chars.js";
import { JinjaProgram } from "../../../src/prepare/jinja/jinja-program.js";
import type { JinjaValue } from "../../../src/prepare/jinja/values.js";
import { assertRefuses } from "../refuses.js";

const token = { id: 1, text: "<s>", stripsBefore: false, stripsAfter: false };
const texts = new HiddenTexts({ controlTexts: new ControlTexts([token]), readsControlTexts: false });
const parse = (text: string): ReadonlyMap<string, JinjaValue> =>
  parseJsonObject(text, { field: "f", hide: texts.hideValue });
const program = new JinjaProgram("{{ value | tojson(separators=(',', ':')) }}");
const write = (value: JinjaValue): string => program.render(new Map([["value", value]]));
/** The output of a template's `tojson` as the prompt shows it. */
const written = (text: string): string => showHidden(write(parse(text)));

describe("parseJsonObject", () => {
  it("keeps members in their order, also those whose names look like numbers", () => {
    for (const text of ['{"10":1,"2":2,"a":3,"1":{"b":4,"0":5}}', '{"__proto__":{"constructor":1},"a":"__proto__"}']) {
      assert.equal(written(text), text);
    }
  });

  it("keeps numbers as they are spelled, and calculates with them", () => {
    const text = '{"a":1.0,"b":[12345678901234567890,-0,1e400,1E+2,0.10],"c":"1.0","d":-1.5}';
    assert.equal(written(text), text);
    const sum = new JinjaProgram("{{ a + 1 }} {{ b + 1 }}");
    assert.equal(sum.render(new Map(parse('{"a":1.50,"b":12345678901234567890}'))), "2.5 12345678901234567891");
  });

  it("breaks up control texts in strings and in names, however they are escaped", () => {
    const text = '{"<s>":["a<s>b",{"\\u003cs\\u003e":"\\u003cs>"}]}';
    assert.ok(!write(parse(text)).includes("<s>"));
    assert.equal(written(text), '{"<s>":["a<s>b",{"<s>":"<s>"}]}');
  });

  it("leaves plain words alone, also those that are part of a control text", () => {
    const words = new HiddenTexts({
      controlTexts: new ControlTexts([
        { ...token, text: "<|object_end|>" },
        { ...token, text: "END" },
      ]),
      readsControlTexts: false,
    });
    const value = parseJsonObject('{"object":"end","a":"END"}', { field: "f", hide: words.hideValue });
    assert.equal(value.get("object"), "end");
    assert.notEqual(value.get("a"), "END");
    assert.equal(showHidden(write(value)), '{"object":"end","a":"END"}');
  });

  it("replaces halves of surrogate pairs, which nothing can write in UTF-8", () => {
    assert.equal(written('{"a\\udc00":"\\ud800b\\ud83d\\ude00\\udfff"}'), '{"a\ufffd":"\ufffdb😀\ufffd"}');
  });

  it("is any object of JSON, as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(JSON.parse(written(text)), JSON.parse(text));
      }),
    );
  });

  it("refuses what is no object, no JSON, or nested too deep", () => {
    assertRefuses(() => parse("{"), "f", /is not JSON: /);
    for (const text of ["[]", "1", "null", '"a"']) assertRefuses(() => parse(text), "f", /is not a JSON object/);
    const nested = (depth: number): string => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    assertRefuses(() => parse(nested(128)), "f", /is nested more than 128 levels deep/);
    assertRefuses(() => parse(nested(100_000)), "f", /is nested more than 128 levels deep/);
    assert.equal(written(nested(127)), nested(127));
  });
});
