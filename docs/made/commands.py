"""The reference of the command line, from the commands themselves."""

from collections.abc import Iterator

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from docs.made.markdown import block, code, heading, page, prose, slug, table
from maac_sim.cli import app

PROGRAM = "maac-sim"
Parameter = TyperArgument | TyperOption
Command = TyperCommand | TyperGroup


def commands() -> str:
    return page(_group(tree(), PROGRAM, 2))


def tree() -> TyperGroup:
    """All of `maac-sim`."""
    root = typer.main.get_command(app)
    if not isinstance(root, TyperGroup):
        raise TypeError(f"{PROGRAM} has only one command")
    return root


def members(group: TyperGroup) -> dict[str, Command]:
    return {name: each for name, each in group.commands.items() if isinstance(each, TyperCommand | TyperGroup)}


def parameters(command: Command) -> list[Parameter]:
    return [each for each in command.params if isinstance(each, TyperArgument | TyperOption) and not each.hidden]


def _group(group: TyperGroup, path: str, level: int) -> Iterator[str]:
    found = {f"{path} {name}": each for name, each in sorted(members(group).items())}
    yield table(
        ["command", "what it does"], ([f"[{code(name)}](#{slug(name)})", _short(each)] for name, each in found.items())
    )
    for name, each in found.items():
        yield from _page(each, name, level)


def _page(command: Command, path: str, level: int) -> Iterator[str]:
    yield heading(level, code(path), path)
    yield prose(command.help or "")
    if isinstance(command, TyperGroup):
        yield from _group(command, path, level + 1)
        return
    shown = parameters(command)
    arguments = [_metavar(each) for each in shown if isinstance(each, TyperArgument)]
    yield block(" ".join([path, *(["[OPTIONS]"] if len(shown) > len(arguments) else []), *arguments]), "text")
    if shown:
        yield table(["argument or option", "default", "what it is"], map(_row, shown))
    yield from _epilog(command.epilog or "")


def _metavar(argument: TyperArgument) -> str:
    name = (argument.metavar or argument.name or "").strip("{}[]").upper()
    return name if argument.required else f"[{name}]"


def _row(parameter: Parameter) -> list[str]:
    if isinstance(parameter, TyperArgument):
        names = [_metavar(parameter).strip("[]")]
    else:
        names = [*parameter.opts, *parameter.secondary_opts]
    texts = [prose(parameter.help or "")]
    if isinstance(parameter, TyperOption) and parameter.multiple:
        texts.append("Can be repeated.")
    if parameter.envvar:
        texts.append(f"By environment: {code(parameter.envvar)}.")
    return [" ".join(map(code, names)), _default(parameter), " ".join(filter(None, texts))]


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return prose(parameter.show_default)
    default = parameter.default
    return "" if default is None or default is False or default in ("", ()) else code(default)


def _epilog(text: str) -> Iterator[str]:
    """Sentences stay sentences, examples become code."""
    examples = [line for part in text.split("\n\n") if PROGRAM in (line := part.strip().removeprefix("Example: "))]
    if examples:
        yield block("\n".join(examples), "bash")
    for part in text.split("\n\n"):
        if PROGRAM not in part and part.strip() not in ("", "Examples:"):
            yield prose(part)


def _short(command: Command) -> str:
    return prose((command.help or "").split("\n\n")[0])
