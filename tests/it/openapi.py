"""Derives openapi.json from the published description of the API: `python3 tests/it/openapi.py videovector-v2.openapi.yaml`.

It needs PyYAML. `operations` has the access of every operation. `answers` has the schema of each success of each operation: null for an
empty body, with `x-media-type` if the body may be of another type than JSON. Prose is left out. Members that a server must always send
(`x-always-emitted`) count as required.
"""

import json
import pathlib
import sys

import yaml

PROSE = {"description", "summary", "example", "examples", "x-always-emitted", "x-inferred", "x-used-by", "x-note"}
METHODS = ("get", "post", "put", "patch", "delete")


def bare(schema):
    """A schema without prose, and with the members that are always sent as required."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for name, value in schema.items():
        if name == "properties":
            out[name] = {member: bare(inner) for member, inner in value.items()}
        elif name not in PROSE:
            out[name] = bare(value)
    if always := schema.get("x-always-emitted"):
        out["required"] = sorted({*schema.get("required", []), *always})
    return out


def access(operation):
    """A scope, or `public`, `any` (any credential), `key` or `session`."""
    kind = operation["x-auth-kind"]
    if kind in ("none", "query-token"):
        return "public"
    if kind == "jwt-only":
        return "session"
    if operation["x-required-scope"] in ("search", "read", "write", "admin"):
        return operation["x-required-scope"]
    return "key" if kind == "api-key" else "any"


def answers(operation, responses):
    """The schemas of the successes of an operation, by status."""
    found = {}
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            continue
        if "$ref" in response:
            response = responses[response["$ref"].rsplit("/", 1)[1]]
        content = response.get("content", {})
        if not content:
            found[status] = None
            continue
        found[status] = bare(content.get("application/json", {}).get("schema", {}))
        if others := sorted(set(content) - {"application/json"}):
            found[status] = {**found[status], "x-media-type": others}
    return found


def references(schema):
    if isinstance(schema, dict):
        if isinstance(name := schema.get("$ref"), str):
            yield name.rsplit("/", 1)[1]
        for value in schema.values():
            yield from references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references(value)


def main():
    api = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())
    operations = {
        f"{method.upper()} {path}": operation for path, item in api["paths"].items() for method, operation in item.items() if method in METHODS
    }
    out = {
        "//": "Made by openapi.py of this folder. Do not edit it by hand.",
        "operations": {name: access(operation) for name, operation in operations.items()},
        "answers": {name: answers(operation, api["components"].get("responses", {})) for name, operation in operations.items()},
    }
    schemas, wanted = {}, ["AnyError", *references(out["answers"])]
    while wanted:
        name = wanted.pop()
        if name not in schemas:
            schemas[name] = bare(api["components"]["schemas"][name])
            wanted.extend(references(schemas[name]))
    out["components"] = {"schemas": dict(sorted(schemas.items()))}
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")


main()
