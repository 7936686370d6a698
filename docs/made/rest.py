"""The reference of the REST API, from its OpenAPI schema."""

import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from docs.made.markdown import code, heading, page, prose, slug, table

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
BASE = "/api/v1/"
MODULES = f"{BASE}modules/"
REFERENCE = "#/components/schemas/"


class Call(NamedTuple):
    """A method of a path, and what the schema says of it."""

    method: str
    path: str
    said: Json

    @property
    def group(self) -> str:
        return self.path.removeprefix(MODULES).removeprefix(BASE).split("/")[0]

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.path}"


def rest(which: str = "") -> str:
    """The calls, group by group, and then the objects that they take and give. `which` is "modules" for theirs."""
    calls = [call for call in _calls() if call.path.startswith(MODULES) == (which == "modules")]
    return page(_told(calls))


def _told(calls: list[Call]) -> Iterator[str]:
    groups = {call.group: [each for each in calls if each.group == call.group] for call in calls}
    yield table(["call", "what it does"], (_line(call) for call in calls))
    for name, group in groups.items():
        yield heading(2, name.replace("-", " ").capitalize(), name)
        for call in group:
            yield from _call(call)
    yield "## Objects { #objects }"
    for name in _reachable(call.said for call in calls):
        yield from _object(name)


@cache
def _schema() -> Json:
    from drf_spectacular.generators import SchemaGenerator

    schema: Json = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


def _calls() -> list[Call]:
    paths = _schema()["paths"].items()
    return [Call(method, path, said[method]) for path, said in paths for method in METHODS if method in said]


def _line(call: Call) -> list[str]:
    return [f"[{code(call.title)}](#{slug(call.title)})", prose(call.said.get("summary", ""))]


def _call(call: Call) -> Iterator[str]:
    yield heading(3, code(call.title), call.title, f"{call.method.upper()} {call.path.removeprefix(BASE)}")
    yield from map(prose, call.said.get("description", "").split("\n\n"))
    if parameters := [each for each in call.said.get("parameters", ()) if each["in"] != "path"]:
        yield table(["parameter", "type", "what it is"], map(_parameter, parameters))
    if body := _content(call.said.get("requestBody", {})):
        yield f"Body: {_type(body)}"
    yield f"Answers: {' · '.join(_answers(call.said['responses']))}"


def _parameter(parameter: Json) -> list[str]:
    where = "" if parameter["in"] == "query" else f"In the {parameter['in']}."
    return [code(parameter["name"]), _type(parameter["schema"]), f"{prose(parameter.get('description', ''))} {where}"]


def _answers(responses: Json) -> Iterator[str]:
    for status, answer in responses.items():
        content = _content(answer)
        yield f"{code(status)} {_type(content)}" if content else code(status)


def _content(holder: Json) -> Json:
    contents: list[Json] = list(holder.get("content", {}).values())
    schema: Json = contents[0].get("schema", {}) if contents else {}
    return schema


def _object(name: str) -> Iterator[str]:
    said = _schema()["components"]["schemas"][name]
    yield heading(3, name, f"object-{name}")
    yield prose(_own_description(said))
    if fields := said.get("properties"):
        required = said.get("required", ()) if name.endswith("Request") else fields
        yield table(
            ["field", "type", "what it is"], (_field(field, of, field in required) for field, of in fields.items())
        )
    else:
        yield _type(said)


def _own_description(said: Json) -> str:
    """Not that of a base class, which many share."""
    description: str = said.get("description", "")
    sharing = [each for each in _schema()["components"]["schemas"].values() if each.get("description") == description]
    return description if len(sharing) == 1 else ""


def _field(name: str, said: Json, is_required: bool) -> list[str]:
    texts = [prose(said.get("description", "")), _limits(said)]
    if "default" in said:
        texts.append(f"Default: {code(said['default'])}.")
    return [code(name), _type(said) + ("" if is_required else " (may be left out)"), " ".join(filter(None, texts))]


LIMITS = (
    ("minLength", "at least {:g} characters", 2),
    ("maxLength", "at most {:g} characters", 0),
    ("minItems", "at least {:g}", 1),
    ("maxItems", "at most {:g}", 0),
    ("minimum", "from {:g}", -math.inf),
    ("maximum", "up to {:g}", -math.inf),
)
"""In words, from where on they tell anything."""
BOUNDLESS = 2**31 - 1
"""What is meant by such a limit is that there is none."""


def _limits(said: Json) -> str:
    found = [
        words.format(said[name]) for name, words, least in LIMITS if name in said and least <= said[name] < BOUNDLESS
    ]
    return f"{', '.join(found).capitalize()}." if found else ""


def _type(said: Json) -> str:
    """The type in words; an object is a link to its table."""
    if "$ref" in said:
        return _link(said["$ref"].removeprefix(REFERENCE))
    for several in ("oneOf", "anyOf", "allOf"):
        if several in said:
            return " or ".join(dict.fromkeys(map(_type, said[several]))) + (" or null" if said.get("nullable") else "")
    if "enum" in said:
        return ", ".join(code(word) if word != "" else "empty" for word in said["enum"] if word is not None)
    if "const" in said:
        return code(said["const"])
    kinds = said.get("type", "any value")
    words = [_one_type(kind, said) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return " or ".join([*words, *(["null"] if said.get("nullable") else [])])


def _one_type(kind: str, said: Json) -> str:
    if kind == "array":
        return f"list of {_type(said['items'])}"
    return said.get("format", kind).replace("-", " ") if kind == "string" else kind


def _link(name: str) -> str:
    said = _schema()["components"]["schemas"][name]
    if "properties" in said:
        return f"[{name}](#object-{slug(name)})"
    return _type(said)


def _reachable(roots: Iterable[Any]) -> list[str]:
    """The objects that the calls lead to, by name."""
    found: set[str] = set()
    waiting: list[Any] = list(roots)
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix(REFERENCE)
            if name and name not in found:
                found.add(name)
                waiting.append(_schema()["components"]["schemas"][name])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return sorted(name for name in found if "properties" in _schema()["components"]["schemas"][name])
