"""Receivers in every language that the console has one for, and whole files of the project."""

from collections.abc import Iterator

from docs.made.files import ROOT
from docs.made.markdown import block, code, page

ADDRESS = "http://127.0.0.1:9000/webhook"
LEXERS = {
    "cjs": "javascript", "js": "javascript", "py": "python", "go": "go", "php": "php", "java": "java", "ru": "ruby",
    "sh": "bash", "yml": "yaml", "yaml": "yaml", "json": "json",
}  # fmt: skip


def receivers() -> str:
    """One tab for each language."""
    return page(_tabs())


def file(path: str) -> str:
    """A file of the project, word by word."""
    return page([code(path), block((ROOT / path).read_text(), LEXERS.get(path.rpartition(".")[2], "text"))])


def _tabs() -> Iterator[str]:
    from console.webhooks.snippets import snippets
    from webhooks.models import Endpoint

    for each in snippets(endpoint=Endpoint(url=ADDRESS)):
        text = page(
            [
                f"Save it as {code(each.file)}, and start it:",
                block(f"SHARE_SECRET=the-secret {each.command}", "bash"),
                block(each.code, LEXERS[each.file.rpartition(".")[2]]),
            ]
        )
        yield "\n".join([f'=== "{each.language}"', "", *(f"    {line}" for line in text.splitlines())])
