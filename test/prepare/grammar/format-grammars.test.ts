import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { FormatsPlugin } from "ajv-formats";
import { finishGrammar } from "./compile-now.js";
import { formatGrammar, formatLanguage, FORMATS } from "../../../src/prepare/grammar/json/format-grammar.js";
import { Language } from "../../../src/prepare/grammar/regex/language.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { EMPTY } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { RuleBook } from "../../../src/prepare/grammar/rules/rule-book.js";
import { Random } from "../../support/random.js";
import { NativeGrammars } from "./native-grammars.js";
import { Sentences } from "./sentences.js";

const addFormats = createRequire(import.meta.url)("ajv-formats") as FormatsPlugin;

/** Formats that ajv-formats does not know, with the narrower ones that it does know. */
const CHECKED_AS: Readonly<Record<string, string>> = {
  "idn-email": "email",
  "idn-hostname": "hostname",
  iri: "uri",
  "iri-reference": "uri-reference",
};

const TEXTS: Readonly<Record<string, { valid: readonly string[]; invalid: readonly string[] }>> = {
  date: { valid: ["2024-02-29", "1999-12-31"], invalid: ["2023-02-29", "1900-02-29", "0000-01-01", "2024-04-31"] },
  time: { valid: ["23:59:59Z", "00:00:00.123+01:30"], invalid: ["24:00:00Z", "12:00:00", "12:00Z"] },
  "date-time": { valid: ["2024-02-29T12:00:00Z"], invalid: ["2024-02-29 12:00:00Z", "2024-02-29T12:00:00"] },
  duration: { valid: ["P1D", "P1Y2M3DT4H5M6S", "PT30M", "P2W"], invalid: ["P", "PT", "P1W2D", "1D", "P1DT"] },
  uuid: { valid: ["0b9d1f2c-8f6e-4f4a-9d3f-0123456789ab"], invalid: ["0b9d1f2c-8f6e-4f4a-9d3f-0123456789a"] },
  email: {
    valid: ["jane.doe+news@mail.example.com", "a_b@x.io"],
    invalid: ["a..b@x.io", ".a@x.io", "a@x", "a@x.i", "a@b.test", "a@-x.io", "a@x--y.io", "a b@x.io"],
  },
  hostname: { valid: ["localhost", "api-1.example.com"], invalid: ["-a", "a-", "a..b", "127.0.0.1", ""] },
  ipv4: { valid: ["192.168.0.1", "255.255.255.255"], invalid: ["256.0.0.1", "01.0.0.1", "1.2.3"] },
  ipv6: {
    valid: ["::", "::1", "2001:db8::ff00:42:8329", "1:2:3:4:5:6:7:8"],
    invalid: ["1::2::3", ":1", "1:2:3:4:5:6:7"],
  },
  uri: {
    valid: ["https://example.com/a/b?c=d%20e#f", "http://localhost:8080/", "http://127.0.0.1/x"],
    invalid: [
      "example.com",
      "file:///etc/hosts",
      "https://",
      "https://exa mple.com",
      "http://a.b.1/",
      "/a",
      "https://example.com/%zz",
    ],
  },
  "uri-reference": { valid: ["/a/b", "../c", "#d", "?e", "https://example.com"], invalid: ["//a b", "a b", "/%"] },
  "json-pointer": { valid: ["", "/a/0/~1b~0"], invalid: ["a", "/~2"] },
  "relative-json-pointer": { valid: ["0", "1/a", "2#"], invalid: ["/a", "01"] },
};

describe("the grammar of a format", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  for (const format of FORMATS) {
    it(`allows nothing that ajv-formats refuses: ${format}`, function () {
      this.timeout(20_000);
      const ajv = addFormats(new Ajv2020(), { mode: "full" });
      const validate = ajv.compile({ type: "string", format: CHECKED_AS[format] ?? format });
      const book = new RuleBook();
      book.define("root", EMPTY);
      book.define("root", formatGrammar(book, format));
      const compiled = native.compile(finishGrammar(book.rules, DEFAULT_GRAMMAR_BOUNDS, { branchings: [] }).gbnf);
      const sentences = new Sentences(book.rules, new Random(3));
      for (let number = 0; number < 500; number += 1) {
        const sentence = sentences.next();
        assert.ok(validate(JSON.parse(sentence)), `${sentence} is not valid`);
        assert.ok(compiled.allows(sentence), `llama.cpp does not allow ${sentence}`);
      }
    });
  }

  it("allows the usual texts and no others", () => {
    assert.ok(isDeepStrictEqual(new Set(FORMATS), new Set([...Object.keys(TEXTS), ...Object.keys(CHECKED_AS)])));
    for (const [format, { valid, invalid }] of Object.entries(TEXTS)) {
      const language = formatLanguage(format);
      for (const text of valid) assert.ok(language.has(text), `${text} is valid for ${format}`);
      for (const text of invalid) assert.ok(!language.has(text), `${text} is not valid for ${format}`);
    }
  });

  it("keeps texts of a useful length within a maximum", () => {
    const usual = { email: "jane.doe@acme.com", uri: "https://example.com/a", hostname: "api.example.com" };
    for (const [format, text] of Object.entries(usual)) {
      for (const max of [40, 50, 100, 255, 2_083]) {
        const language = formatLanguage(format, { max }).withLength({ min: 1, max });
        assert.ok(language.longest <= max, `${format} of at most ${max} characters`);
        assert.ok(language.longest >= Math.min(max, 30), `${format} of at most ${max} characters`);
        assert.ok(language.has(text), `${text} of at most ${max} characters`);
      }
    }
  });

  it("has texts in common with the patterns that zod writes beside a format", () => {
    for (const [format, pattern] of ZOD_PATTERNS) {
      const both = Language.ofPattern(pattern, { among: formatLanguage(format) });
      assert.ok(!both.isEmpty, `${format} and ${pattern}`);
      const text = TEXTS[format]?.valid[0] ?? "";
      assert.ok(both.has(text), `${text} is valid for ${format} and ${pattern}`);
    }
  });
});

/** As z.toJSONSchema of zod 4 writes them. */
const ZOD_PATTERNS: readonly (readonly [format: string, pattern: string])[] = [
  [
    "email",
    "^(?:[A-Za-z0-9_'+\\-]+\\.)*[A-Za-z0-9_'+\\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
  ],
  [
    "hostname",
    "^(?=.{1,253}\\.?$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\\.?$",
  ],
  [
    "uuid",
    "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$",
  ],
  [
    "duration",
    "^P(?:(\\d+W)|(?!.*W)(?=\\d|T\\d)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?)$",
  ],
  [
    "date",
    "^(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))$",
  ],
  [
    "ipv4",
    "^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])$",
  ],
];
