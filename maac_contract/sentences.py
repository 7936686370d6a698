"""Marks sentences for translation in packages without Django; the code that displays a sentence translates it."""

from collections.abc import Mapping


def gettext_noop(text: str) -> str:
    """The text unchanged; `makemessages` finds translatable strings by this function's name."""
    return text


class Sentence(str):
    """An English sentence, formatted from a template; keeps template and values so that it can be translated later."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Sentence":
        made = super().__new__(cls, template % values)
        made.template, made.values = template, values
        return made
