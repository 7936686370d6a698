"""Reads a scenario from YAML. Unknown or repeated keys and values out of range are errors with their line. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from modules.traffic import scenario as limits
from modules.traffic.scenario import BIND_LINK, ENDINGS, FAILURES, KINDS, PUBLISHING, Phase, Scenario, Weights

LONGEST_TEXT = 20_000
DEEPEST = 10
OPENING = (
    yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken, yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken,
)  # fmt: skip
CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)
SECTIONS = ("mix", "contacts", "receipts", "notifications", "opens")
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "contacts": {"bound": ()},
    "receipts": {"matching": (), "failing": FAILURES},
    "notifications": {"joining": (), "endings": tuple(ENDINGS)},
    "opens": {"repeated": (), "broadcasts": ()},
}
"""The keys of each section of a phase: a fraction from 0 to 1, or weights of the names listed."""
TOP = ("rate", "seconds", *SECTIONS, "phases")
USUAL_CONTACTS = 20


class BadScenario(Exception):
    """The text is not a valid scenario. The message names the line."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"Line {line}: {sentence}")
        self.line = line


def read(text: str) -> Scenario:
    """Parse a scenario. Missing keys have defaults; a phase overrides the keys that it names."""
    top = _mapping(_composed(text), "The scenario", TOP)
    usual = _phase(top, Phase())
    phases = tuple(_phases(top["phases"], usual)) if "phases" in top else (usual,)
    if "phases" not in top:
        _check_mix(top.get("mix"), usual.mix)
    return Scenario(
        rate=_number(_given(top, "rate"), "rate", limits.LOWEST_RATE, limits.HIGHEST_RATE),
        seconds=_number(_given(top, "seconds"), "seconds", limits.SHORTEST, limits.LONGEST),
        contacts=_contacts(top),
        phases=phases,
    )


def _composed(text: str) -> Node:
    if len(text) > LONGEST_TEXT:
        raise BadScenario(1, f"a scenario has at most {LONGEST_TEXT} characters.")
    try:
        _check_tokens(text)
        # Composed, not constructed: nodes hold line numbers, and no Python object is built from a tag.
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadScenario(mark.line + 1 if mark else 1, f"this is no YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise BadScenario(1, f"this is no YAML: {error}") from error
    if node is None:
        raise BadScenario(1, "the scenario is empty.")
    return node


def _check_tokens(text: str) -> None:
    """Refuse deep nesting and aliases, with which a short text could take much memory or time."""
    depth = 0
    for token in yaml.scan(text):
        depth += isinstance(token, OPENING) - isinstance(token, CLOSING)
        if depth > DEEPEST:
            raise BadScenario(token.start_mark.line + 1, "it is nested too deeply.")
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            raise BadScenario(token.start_mark.line + 1, "anchors and aliases are not taken.")


def _given(top: Mapping[str, Node], name: str) -> Node:
    if name not in top:
        raise BadScenario(1, f"{name} is missing.")
    return top[name]


def _contacts(top: Mapping[str, Node]) -> int:
    section = _section(top, "contacts", "", ("at_start", "bound"))
    if "at_start" not in section:
        return USUAL_CONTACTS
    count = _number(section["at_start"], "contacts.at_start", 0, limits.MOST_CONTACTS)
    if not count.is_integer():
        raise _fault(section["at_start"], "contacts.at_start", "a whole number")
    return int(count)


def _phases(node: Node, usual: Phase) -> list[Phase]:
    if not isinstance(node, SequenceNode) or not 0 < len(node.value) <= limits.MOST_PHASES:
        raise _fault(node, "phases", f"a list of 1 to {limits.MOST_PHASES}")
    phases = []
    for place, each in enumerate(node.value):
        given = _mapping(each, f"phases[{place}]", ("share", *SECTIONS))
        phase = _phase(given, usual, f"phases[{place}].")
        _check_mix(given.get("mix", each), phase.mix)
        phases.append(phase)
    return phases


def _phase(given: Mapping[str, Node], usual: Phase, path: str = "") -> Phase:
    """The default phase with the given keys overridden."""
    changes: dict[str, Any] = {}
    if "share" in given:
        changes["share"] = _number(given["share"], f"{path}share", 0.001, limits.LARGEST_WEIGHT)
    if "mix" in given:
        changes["mix"] = _weights(given["mix"], f"{path}mix", (*KINDS, BIND_LINK))
    for section, known in PARTS.items():
        keys = (*known, "at_start") if section == "contacts" and not path else tuple(known)
        for key, node in _section(given, section, path, keys).items():
            if key in known:
                names, where = known[key], f"{path}{section}.{key}"
                changes[key] = _weights(node, where, names) if names else _number(node, where, 0, 1)
    return replace(usual, **changes)


def _section(given: Mapping[str, Node], name: str, path: str, known: Collection[str]) -> dict[str, Node]:
    return _mapping(given[name], f"{path}{name}", known) if name in given else {}


def _check_mix(node: Node | None, mix: Weights) -> None:
    if not any(mix.get(kind) for kind in PUBLISHING):
        line = node.start_mark.line + 1 if node else 1
        raise BadScenario(line, f"a mix needs at least one of {', '.join(PUBLISHING)}.")


def _mapping(node: Node, path: str, known: Collection[str]) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        raise _fault(node, path, f"names and values; known are {', '.join(known)}")
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, ScalarNode) else "this"
        if name not in known:
            raise BadScenario(key.start_mark.line + 1, f"{name} is not known here. Known are {', '.join(known)}.")
        if name in found:
            raise BadScenario(key.start_mark.line + 1, f"{name} comes twice.")
        found[name] = value
    return found


def _weights(node: Node, path: str, known: Collection[str]) -> dict[str, float]:
    """Weights in the order of `known`, so that the order of the lines does not change the play."""
    given = _mapping(node, path, known)
    weights = {
        name: _number(given[name], f"{path}.{name}", 0, limits.LARGEST_WEIGHT) for name in known if name in given
    }
    if not any(weights.values()):
        raise _fault(node, path, "at least one weight above 0")
    return weights


def _number(node: Node, path: str, smallest: float, largest: float) -> float:
    wanted = f"a number from {smallest:g} to {largest:g}"
    if not isinstance(node, ScalarNode) or not node.tag.endswith((":int", ":float")):
        raise _fault(node, path, wanted)
    try:
        value = float(node.value.replace("_", ""))
    except ValueError:
        raise _fault(node, path, wanted) from None
    if not smallest <= value <= largest:
        raise _fault(node, path, wanted)
    return value


def _fault(node: Node, path: str, wanted: str) -> BadScenario:
    return BadScenario(node.start_mark.line + 1, f"{path} has to be {wanted}.")
