"""What holds for every command of `maac-sim`."""

from collections.abc import Iterator

from typer.core import TyperCommand, TyperGroup

from docs.made.commands import members, tree

SERVE = {"run", "web", "worker", "beat", "setup", "manage"}
"""Commands that become the simulator, whose output is a log."""


def commands(group: TyperGroup, path: str = "") -> Iterator[tuple[str, TyperCommand]]:
    for name, each in members(group).items():
        if isinstance(each, TyperGroup):
            yield from commands(each, f"{path}{name} ")
        else:
            yield f"{path}{name}", each


def test_every_command_has_a_help_text_and_an_example() -> None:
    for name, command in commands(tree()):
        assert command.help, name
        if name != "manage":
            assert f"maac-sim {name}" in (command.epilog or ""), name


def test_every_command_that_ends_prints_json_if_asked() -> None:
    for name, command in commands(tree()):
        options = {option for parameter in command.params for option in parameter.opts}
        assert name in SERVE or "--json" in options, name
