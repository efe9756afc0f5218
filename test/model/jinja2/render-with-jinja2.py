"""Renders chat templates with jinja2, set up as transformers does (utils/chat_template_utils.py).

Reads one JSON object a line: {"template": ..., "variables": {...}}, where a template is given once and then named by its index.
Writes one JSON object a line: {"text": ...} or {"error": ...}.
"""

import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment


class AssistantTracker(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_generation"), [], [], body).set_lineno(line)

    def _generation(self, caller):
        return caller()


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def strftime_now(pattern):
    return datetime.datetime.now().strftime(pattern)


def create_environment():
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[AssistantTracker, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = strftime_now
    return environment


def main():
    environment = create_environment()
    templates = []
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "source" in request:
            try:
                templates.append(environment.from_string(request["source"]))
            except Exception as error:
                templates.append(error)
            continue
        template = templates[request["template"]]
        try:
            if isinstance(template, Exception):
                raise template
            answer = {"text": template.render(**request["variables"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
