"""Derives openapi.json from the published description of the API: `python3 tests/it/openapi.py videovector-v2.openapi.yaml`.

It needs PyYAML. The result is an OpenAPI document too, without prose. `x-access` is the access of an operation. Members that a server must
always send (`x-always-emitted`) count as required.
"""

import json
import pathlib
import sys

import yaml

PROSE = {"description", "summary", "example", "examples"}
METHODS = ("get", "post", "put", "patch", "delete")
# The playground has no OAuth.
SCHEMES = {"ApiKeyHeader", "FirebaseBearer", "ExportToken"}


def bare(node):
    """A part of the description without prose, and with the members that are always sent as required."""
    if isinstance(node, list):
        return [bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {}
    for name, value in node.items():
        if name == "properties":
            out[name] = {member: bare(inner) for member, inner in value.items()}
        elif name not in PROSE and not name.startswith("x-"):
            out[name] = bare(value)
    if always := node.get("x-always-emitted"):
        out["required"] = sorted({*node.get("required", []), *always})
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


def described(operation, shared):
    """One operation. `shared` is what all operations of its path have in common."""
    out = {"operationId": operation["operationId"], "x-access": access(operation)}
    out["security"] = [scheme for scheme in operation["security"] if SCHEMES.issuperset(scheme)]
    if parameters := [*shared, *operation.get("parameters", [])]:
        out["parameters"] = [bare(parameter) for parameter in parameters]
    if body := operation.get("requestBody"):
        out["requestBody"] = bare(body)
    # The description allows every other status as an error of the server. Only 5xx can be one.
    out["responses"] = {
        "5XX" if status == "default" else status: {"description": "", **bare(response)} if "$ref" not in response else response
        for status, response in operation["responses"].items()
    }
    return out


def correct(paths, schemas):
    """What later facts say against the description, and what the playground chooses where nobody knows (`playground --explain`)."""
    # The service finds out the type of a filter by itself, and refuses one that is given.
    schemas["WorkflowSearchRequest"]["properties"]["filters"]["items"] = {
        "type": "object",
        "properties": {"field": {"type": "string"}, "operator": {"type": "string", "default": "equals"}, "value": {}},
        "required": ["field"],
        "additionalProperties": False,
    }
    # A key that was revoked cannot be rotated.
    paths["/api-keys/{key_id}/rotate"]["post"]["responses"]["409"] = {"$ref": "#/components/responses/Conflict"}
    operations = [operation for item in paths.values() for operation in item.values()]
    for operation in operations:
        # A parameter of the query without a value counts as left out.
        for parameter in operation.get("parameters", []):
            if parameter.get("in") == "query" and parameter["schema"].get("type") in ("integer", "boolean"):
                parameter["schema"] = {"anyOf": [parameter["schema"], {"const": ""}]}
        # The description has the schema of a whole stream, not of one event.
        operation["responses"].get("200", {}).get("content", {}).get("text/event-stream", {}).pop("schema", None)
    for operation in (operation for operation in operations if "requestBody" in operation):
        # The description has 404 only where the path has an id. A body can name something that is not there, too.
        operation["responses"].setdefault("404", {"$ref": "#/components/responses/NotFound"})
        # Null stands for a member that is left out.
        schema = operation["requestBody"]["content"].get("application/json", {}).get("schema", {})
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
        for name, member in schema.get("properties", {}).items():
            if name not in schema.get("required", []) and {"type": "null"} not in member.get("anyOf", []):
                schema["properties"][name] = {"anyOf": [member, {"type": "null"}]}


def references(node):
    """All places that a part of the document names, as pairs of a section and a name."""
    if isinstance(node, dict):
        if isinstance(place := node.get("$ref"), str):
            yield tuple(place.split("/")[-2:])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def written(node, levels):
    """A document in JSON, with one line for each part that is so many levels down."""
    if levels == 0 or not isinstance(node, dict):
        return json.dumps(node)
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {written(value, levels - 1)}" for name, value in node.items()) + "\n}"


def main():
    api = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())
    parts = api["components"]
    paths = {
        path: {method: described(item[method], item.get("parameters", [])) for method in METHODS if method in item}
        for path, item in api["paths"].items()
    }
    correct(paths, parts["schemas"])
    components = {"securitySchemes": {name: bare(scheme) for name, scheme in parts["securitySchemes"].items() if name in SCHEMES}}
    wanted = [("schemas", "AnyError"), *references(paths)]
    while wanted:
        section, name = wanted.pop()
        if name not in components.setdefault(section, {}):
            part = bare(parts[section][name])
            components[section][name] = {"description": "", **part} if section == "responses" else part
            wanted.extend(references(components[section][name]))
    out = {
        "openapi": api["openapi"],
        "info": {"title": "Made by openapi.py of this folder. Do not edit it by hand.", "version": "2"},
        "paths": paths,
        "components": {section: dict(sorted(of.items())) for section, of in sorted(components.items())},
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(written(out, 3) + "\n")


main()
