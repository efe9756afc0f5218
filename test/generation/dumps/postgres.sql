--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: rill_owners; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rill_owners (
    owner text NOT NULL,
    sessions integer NOT NULL
);


--
-- Name: rill_schema; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rill_schema (
    only_row integer NOT NULL,
    version integer NOT NULL,
    compatible_from integer NOT NULL,
    CONSTRAINT rill_schema_only_row_check CHECK ((only_row = 1))
);


--
-- Name: rill_sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rill_sessions (
    session_id text NOT NULL,
    owner text NOT NULL,
    revision integer NOT NULL,
    labels text NOT NULL,
    turns integer NOT NULL,
    bytes bigint NOT NULL,
    created_ms bigint NOT NULL,
    used_ms bigint NOT NULL,
    idle_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    fence integer NOT NULL,
    running_turn integer,
    running_generation text,
    lease_until_ms bigint
);


--
-- Name: rill_turns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rill_turns (
    session_id text NOT NULL,
    owner text NOT NULL,
    number integer NOT NULL,
    status text NOT NULL,
    messages text NOT NULL,
    continues integer NOT NULL,
    answer text NOT NULL,
    bytes bigint NOT NULL,
    generation_id text,
    fence integer,
    key_digest text,
    body_digest text,
    outcome text,
    record text,
    revision integer NOT NULL,
    end_revision integer,
    created_ms bigint NOT NULL,
    ended_ms bigint,
    reasoning text,
    tool_calls text
);


--
-- Data for Name: rill_owners; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rill_owners VALUES ('', 4);


--
-- Data for Name: rill_schema; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rill_schema VALUES (1, 2, 1);


--
-- Data for Name: rill_sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rill_sessions VALUES ('ses_RY0onnVTajJEevljNA8pQZBm', '', 11, '[["of","the dump"]]', 5, 484, 1790000000000, 1790000000000, 86400000, 1790086400000, 5, NULL, NULL, NULL);
INSERT INTO public.rill_sessions VALUES ('ses_sUxrbyABW8y0AfjTuum9ln8k', '', 3, '[]', 1, 325, 1790000000000, 1790000000000, 86400000, 1790086400000, 1, NULL, NULL, NULL);
INSERT INTO public.rill_sessions VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 21, '[]', 10, 1452, 1790000000000, 1790000000000, 86400000, 1790086400000, 10, NULL, NULL, NULL);
INSERT INTO public.rill_sessions VALUES ('ses_H5xu56SgXUQfjcREWSaUuZPN', '', 3, '[]', 1, 171, 1790000000000, 1790000000000, 86400000, 1790086400000, 1, NULL, NULL, NULL);


--
-- Data for Name: rill_turns; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rill_turns VALUES ('ses_RY0onnVTajJEevljNA8pQZBm', '', 1, 'complete', '[{"role":"user","content":"Say grüße 🌊 again"}]', 0, '"system\nYou are a tiny model.\nuser\nSay grüße 🌊 again\nassistant\n"', 126, 'gen_04zCN0wsrlf4YGvr', 1, 'c9ecf5e54c7b3f2640ecca21f96d4c3625a2b7935104f41c5ede29935a9e52c9', 'YqlcaN57eb+RDZ09ddA1yFgPUFr/NXUr/J+cm5swH80=', '{"finishReason":"end_of_turn","usage":{"inputTokens":56,"reusedInputTokens":0,"outputTokens":51,"reasoningTokens":0,"deliveredTokens":51}}', '"{\"accepted\":\"ChRnZW5fMDR6Q04wd3NybGY0WUd2chA4GlMKQQmamZmZmZnpPxAoGWZmZmZmZu4/IZqZmZmZmak/KQAAAAAAAPA/MQAAAAAAAAAAOQAAAAAAAAAAQECgAbWlm4IDEgoIgAQgACoDCNgEGgIIASJAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZii1pZuCAzIiChxzZXNfUlkwb25uVlRhakpFZXZsak5BOHBRWkJtEAEYAg==\",\"chunk\":\"EDMYMyAB\",\"completed\":\"CAEiIAoKWwtZvtbVuiLuWqgVegMks258eiE5LgN9ZTDgQUNbUgYIOBgzUDNaLAoFEJXpwgISBRC1vZASGgUQypHiBCIFEMj/5CwqADIFENy3mkY6BRDbqvcj\"}"', 2, 3, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_RY0onnVTajJEevljNA8pQZBm', '', 2, 'truncated', '[{"role":"user","content":"one two"}]', 0, '"system\nYou a"', 52, 'gen_VzGocAVcoTAPwrC6', 2, '7bc0ca56fcc750ec3186b809566b81e1cb1486148ef9e12748f16c10ee8a9982', 'L3Z9vMd/NiNaJ8P/kQCJyp4F/wQuX6qq7lUn9DoH0nE=', '{"finishReason":"max_tokens","usage":{"inputTokens":129,"reusedInputTokens":107,"outputTokens":6,"reasoningTokens":0,"deliveredTokens":5}}', '"{\"accepted\":\"ChRnZW5fVnpHb2NBVmNvVEFQd3JDNhCBARqdAQp6CTMzMzMzM9M/ECgZZmZmZmZm7j8hmpmZmZmZqT8pAAAAAAAA8D8xAAAAAAAAAAA5AAAAAAAAAABAQEoaCZqZmZmZmek/EQAAAAAAAPw/GAIggBAqAXhSEgkAAAAAAADQPxGamZmZmZm5P1oLCEEZAAAAAAAA+L+gAQQSFQgGIAAqBwghEIDlmncyBggJEAQYIBoICAIaBAgHEAEiQDAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYoBDIiChxzZXNfUlkwb25uVlRhakpFZXZsak5BOHBRWkJtEAIYBA==\",\"chunk\":\"EAYYBiABKiEIoAIRAAAAAAAAQsAaAxoBABoOCAERAAAAAAAA0L8aAQEqIAgKEQAAAAAAAPS/GgMaAQAaDggBEQAAAAAAANC/GgEBKiAIWREAAAAAAEAmwBoDGgEAGg4IAREAAAAAAADQvxoBASogCG8RAAAAAADAK8AaAxoBABoOCAERAAAAAAAA0L8aAQEqIAh1EQAAAAAAQC3AGgMaAQAaDggBEQAAAAAAANC/GgEBKiEIhgIRAAAAAABgQMAaAxoBABoOCAERAAAAAAAA0L8aAQEyBnN5c3RlbTIBCjIBWTIBbzIBdTICIGFSCKACCllvdYYCWgUQrLm/EmILCIEBEGsYBlAFWAE=\",\"completed\":\"CAQiIP9J8y4mwsRok3Ef6GPmv0QDmoIz/b2mfinVo8E6tgcZUgkIgQEQaxgGUAZaLAoFEOnclgESBRDsqPQEGgUQ2buJAiIFEMCtqQoqADIFEO7uvRI6BRDXuuMQ\"}"', 4, 5, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_RY0onnVTajJEevljNA8pQZBm', '', 3, 'complete', '[{"role":"user","content":"abc STOP def"}]', 0, '"system\nYou are a tiny model.\nuser\nSay grüße 🌊 again\nassistant\nsystem\nYou are a tiny model.\nuser\nSay grüße 🌊 again\nassistant\n\nuser\none two\nassistant\nsystem\nYou a\nuser\nabc "', 241, 'gen_Wl8gUw97xII40stt', 3, '56e2d59f443a2766e4449081d2115e4ba042172e00c8bdb598c02838916ddbfb', 'ZcKhDtrxK+/SKifkXOkwey21Y+ulLzjRDZWiG57HYnI=', '{"finishReason":"stop_sequence","usage":{"inputTokens":164,"reusedInputTokens":134,"outputTokens":137,"reasoningTokens":0,"deliveredTokens":133}}', '"{\"accepted\":\"ChRnZW5fV2w4Z1V3OTd4SUk0MHN0dBCkARpYCkAJmpmZmZmZ6T8QKBlmZmZmZmbuPyGamZmZmZmpPykAAAAAAADwPzEAAAAAAAAAADkAAAAAAAAAAEBAoAHu/9laEhAIgAQSBFNUT1AgACoDCNgEGgIIASJAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiju/9laMiIKHHNlc19SWTBvbm5WVGFqSkVldmxqTkE4cFFaQm0QAxgG\",\"chunk\":\"EIkBGIkBIAE=\",\"completed\":\"CAISBgoEU1RPUCIgVhvRxBnAVGlKqsw2Cy5A3842CIAC76tmReH4g09xcEtSDAikARCGARiJAVCJAVovCgQQrf8gEgUQmOTGARoEELCTdiIFELS6jl8qBRD2s70GMgUQn+WpaDoFEL7xvQc=\"}"', 6, 7, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_RY0onnVTajJEevljNA8pQZBm', '', 4, 'truncated', '[{"role":"user","content":"a long story"}]', 0, '"system\nY"', 53, 'gen_tlJHS51VXxWIKKjb', 4, '227b1c2e53cfd4a3dc1cc26c83b9c4fccef2130f905aef3123fdc3dc2c9e4df6', 'YO1WSI/DICW0hL33iD685lZS0hPilsv7D2YalWzPQhk=', '{"finishReason":"max_tokens","usage":{"inputTokens":323,"reusedInputTokens":297,"outputTokens":3,"reasoningTokens":0,"deliveredTokens":0}}', '"{\"accepted\":\"ChRnZW5fdGxKSFM1MVZYeFdJS0tqYhDDAhpSCkEJmpmZmZmZ6T8QKBlmZmZmZmbuPyGamZmZmZmpPykAAAAAAADwPzEAAAAAAAAAADkAAAAAAAAAAEBAoAHXvMa0CxIJCAMgACoDCNgEGgIIASJAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZijXvMa0CzIiChxzZXNfUlkwb25uVlRhakpFZXZsak5BOHBRWkJtEAQYCA==\",\"chunk\":\"EAMYAyAB\",\"completed\":\"CAQiILdj88uYZNkPn9ZnsEL1Lxvadcd2OjrBRLWIr8BySIQJUgoIwwIQqQIYA1ADWiMKBBDu3zkSBRDU668BGgQQ3MBiIgUQjsuxASoAMgUQrNf9Aw==\"}"', 8, 9, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_RY0onnVTajJEevljNA8pQZBm', '', 5, 'truncated', '[]', 1, '"system\n"', 12, 'gen_XtXWzu0eDRePbqQC', 5, '0dec6069d55174d6223c08b49a7cfc291aefc5cd366d7c8f7b0606325e92e6ea', 'SSxMUIw6figSSGC66N5vSWhHy6IX1wt5v0LT1kjoeH8=', '{"finishReason":"max_tokens","usage":{"inputTokens":326,"reusedInputTokens":325,"outputTokens":2,"reasoningTokens":0,"deliveredTokens":0}}', '"{\"accepted\":\"ChRnZW5fWHRYV3p1MGVEUmVQYnFRQxDGAhpSCkEJmpmZmZmZ6T8QKBlmZmZmZmbuPyGamZmZmZmpPykAAAAAAADwPzEAAAAAAAAAADkAAAAAAAAAAEBAoAH9trW+DhIJCAIgACoDCNgEGgIIASJAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZij9trW+DjIiChxzZXNfUlkwb25uVlRhakpFZXZsak5BOHBRWkJtEAUYCg==\",\"chunk\":\"EAIYAiAB\",\"completed\":\"CAQiIJ7sKIhvQR6XuDcGsI7n2IbQ3pndK4SY7OqGII4Qz8cSUgoIxgIQxQIYAlACWiIKBBCf1ysSBRCU7MIBGgQQg4phIgQQhuFqKgAyBRC8rroD\"}"', 10, 11, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_sUxrbyABW8y0AfjTuum9ln8k', '', 1, 'cancelled', '[{"role":"user","content":"tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell tell "}]', 0, '"system\nYou are a tiny model.\nuser\ntell t"', 325, 'gen_aT7GnCGvkHAibf3k', 1, '4a8532f37af43b20df1acda6b762c43f634e30828ed10b2365b8e6d452c00eda', 'QqcJ7JT/lXIXHzWt1vuLAcfpLu3oRQSykQmi3PGlV6k=', '{"error":"CANCELLED","usage":{"inputTokens":187,"reusedInputTokens":0,"outputTokens":26,"reasoningTokens":0,"deliveredTokens":25}}', NULL, 2, 3, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 1, 'truncated', '[{"role":"user","content":"0: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_Ur4XxMmFdU7wnp1C', 1, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":69,"reusedInputTokens":0,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 2, 3, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 2, 'truncated', '[{"role":"user","content":"1: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_i3Cncf7MmRs3xV31', 2, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":139,"reusedInputTokens":88,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 4, 5, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 3, 'truncated', '[{"role":"user","content":"2: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_wqlIjxhGjcF15lUm', 3, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":209,"reusedInputTokens":158,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 6, 7, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 4, 'truncated', '[{"role":"user","content":"3: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_dlurGrHNK2P-136-', 4, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":279,"reusedInputTokens":228,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 8, 9, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 5, 'truncated', '[{"role":"user","content":"4: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_BHo_GeqGB2p-NJ1U', 5, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":349,"reusedInputTokens":298,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 10, 11, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 6, 'truncated', '[{"role":"user","content":"5: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_50zkkTOJaOrIhLIb', 6, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":419,"reusedInputTokens":368,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 12, 13, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 7, 'truncated', '[{"role":"user","content":"6: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_1fom0O6Jy1_VF9vB', 7, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":489,"reusedInputTokens":438,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 14, 15, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 8, 'truncated', '[{"role":"user","content":"7: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_IO9wGKv_CgROVH-e', 8, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":489,"reusedInputTokens":0,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 16, 17, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 9, 'truncated', '[{"role":"user","content":"8: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 145, 'gen_JlEWiJ4AS8u0OpQi', 9, NULL, NULL, '{"finishReason":"max_tokens","usage":{"inputTokens":489,"reusedInputTokens":0,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', NULL, 18, 19, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_BguhdhaNymWbILHPjFa0VnEK', '', 10, 'truncated', '[{"role":"user","content":"now: word word word word word word word word word word word word word word word "}]', 0, '"system\nYou are a tiny model.\nuser"', 147, 'gen_ycjVEdd90TN2beP4', 10, 'b457236514e2e92abbc7353077f184ab270d6d3c31d071c6308eb4118f81fa63', 'RMWkGgYlDWTN7bc6GhqQv7Ztjpkd5zPs0k6ANOZPcrk=', '{"finishReason":"max_tokens","usage":{"inputTokens":491,"reusedInputTokens":0,"outputTokens":20,"reasoningTokens":0,"deliveredTokens":0}}', '"{\"accepted\":\"ChRnZW5feWNqVkVkZDkwVE4yYmVQNBDrAxpSCkEJmpmZmZmZ6T8QKBlmZmZmZmbuPyGamZmZmZmpPykAAAAAAADwPzEAAAAAAAAAADkAAAAAAAAAAEBAoAGdzrutDxIJCBQgACoDCNgEGgIIASJAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiidzrutDzIiChxzZXNfQmd1aGRoYU55bVdiSUxIUGpGYTBWbkVLEAoYFA==\",\"contextTrimmed\":\"CAMQBg==\",\"chunk\":\"EBQYFCAB\",\"completed\":\"CAQiIDMWUWVDQxm8rIVMNdIXcFuw8Zehq61dv9FT8kjsFAOKUgcI6wMYFFAUWiQKBRCquIYBEgUQ8fvAFxoEEK6tHyIFEIHeygEqADIFEMq/sRo=\"}"', 20, 21, 1790000000000, 1790000000000, NULL, NULL);
INSERT INTO public.rill_turns VALUES ('ses_H5xu56SgXUQfjcREWSaUuZPN', '', 1, 'complete', '[{"role":"user","content":"Hello"}]', 0, '"look é  and 🌊 "', 171, 'gen_Qns-pkrj2cceNvFO', 1, 'c3db61bec49dcf57ce9abfa0f3b7da8d4fcc3c8de3c6630a21c87ddd6565e272', 'ecLpF1umAukCoNDpzcziyX4JE5BoI+dNN0oDjBoq2Yk=', '{"finishReason":"end_of_turn","usage":{"inputTokens":49,"reusedInputTokens":0,"outputTokens":49,"reasoningTokens":0,"deliveredTokens":18}}', '"{\"accepted\":\"ChRnZW5fUW5zLXBrcmoyY2NlTnZGTxAxGlMKQQmamZmZmZnpPxAoGWZmZmZmZu4/IZqZmZmZmak/KQAAAAAAAPA/MQAAAAAAAAAAOQAAAAAAAAAAQECgAYKlifABEgoIgAQgACoDCNgEGgIIASJAMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiiCpYnwATIiChxzZXNfSDV4dTU2U2dYVVFmamNSRVdTYVV1WlBOEAEYAg==\",\"output\":[{\"message\":\"Kh4KCWhtLCB3aHk/IBALGAsgAlILAWhtLCB3aHk/IAE=\"},{\"message\":\"KhIQCBgTIAFSCmxvb2sgwwGpASA=\",\"answerLength\":7},{\"message\":\"SiMSBmNhbGxfMBoBZiIHeyJhIjoxfSgJMBxSCQJ7ImEiOjF9Aw==\"},{\"message\":\"KhYQChgmIAFSDiBhbmQg8AGfAYwBigEg\",\"answerLength\":8},{\"message\":\"SikIARIGY2FsbF8xGgFmIgl7ImIiOlsyXX0oCzAxUgsCeyJiIjpbMl19Aw==\"}],\"completed\":\"CAEiIFE3WZUgmew5rJnqi69tE2C3fzBucI52LWF0vcfZatKVUgYIMRgxUDFaKwoFEPn/xQESBBDT8gsaBRCp8LYFIgUQ4Ke4CSoAMgUQ1YrBEDoFEKXj4Ak=\"}"', 2, 3, 1790000000000, 1790000000000, '"hm, why? "', '[{"id":"call_0","name":"f","arguments":"{\"a\":1}"},{"id":"call_1","name":"f","arguments":"{\"b\":[2]}"}]');


--
-- Name: rill_owners rill_owners_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rill_owners
    ADD CONSTRAINT rill_owners_pkey PRIMARY KEY (owner);


--
-- Name: rill_schema rill_schema_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rill_schema
    ADD CONSTRAINT rill_schema_pkey PRIMARY KEY (only_row);


--
-- Name: rill_sessions rill_sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rill_sessions
    ADD CONSTRAINT rill_sessions_pkey PRIMARY KEY (session_id);


--
-- Name: rill_turns rill_turns_idempotency; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rill_turns
    ADD CONSTRAINT rill_turns_idempotency UNIQUE (session_id, key_digest);


--
-- Name: rill_turns rill_turns_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rill_turns
    ADD CONSTRAINT rill_turns_key PRIMARY KEY (session_id, number);


--
-- Name: rill_sessions_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX rill_sessions_by_expiry ON public.rill_sessions USING btree (expires_ms);


--
-- Name: rill_sessions_by_lease; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX rill_sessions_by_lease ON public.rill_sessions USING btree (lease_until_ms);


--
-- Name: rill_sessions_by_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX rill_sessions_by_owner ON public.rill_sessions USING btree (owner, created_ms, session_id);


--
-- Name: rill_turns rill_turns_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rill_turns
    ADD CONSTRAINT rill_turns_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.rill_sessions(session_id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


