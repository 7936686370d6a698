"""The links and forms of a page, as a program finds them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    """Each field's name and the value that it has when the page is shown."""


class Page(HTMLParser):
    """`links` and `forms` of the HTML that it is fed with."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self.forms and self._select and "selected" in given:
            self.forms[-1].fields[self._select] = given.get("value", "")
        elif tag in ("input", "textarea", "button") and self.forms and name and name != "csrfmiddlewaretoken":
            self.forms[-1].fields[name] = given.get("value", "")
        if tag == "select" and self.forms and name:
            self.forms[-1].fields.setdefault(name, "")
