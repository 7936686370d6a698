"""Marks sentences of the pure parts for translation; whoever shows one to people translates it."""

from collections.abc import Mapping


def gettext_noop(text: str) -> str:
    """The text itself: its name tells the tools that collect what is to be translated."""
    return text


class Sentence(str):
    """A marked template with its values filled in: reads as English, and holds its parts for other languages."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Sentence":
        made = super().__new__(cls, template % values)
        made.template, made.values = template, values
        return made
