"""Tags for the console's templates: `{% load console %}`."""

from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from maac_contract.sentences import Sentence

register = template.Library()

TO_THE_SECOND = "%Y-%m-%d %H:%M:%S"
TO_THE_MINUTE = "%Y-%m-%d %H:%M"
TO_THE_DAY = "%Y-%m-%d"


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite `static/console/icons.svg`; decorative, so it needs a text next to it."""
    sprite = static("console/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)


@register.simple_tag
def moment(value: datetime | None, detail: str = "second") -> SafeString:
    """A time in the account's time zone, to the `second`, `minute` or `day`, in ISO order in every language."""
    if value is None:
        return SafeString("")
    shape = {"second": TO_THE_SECOND, "minute": TO_THE_MINUTE, "day": TO_THE_DAY}[detail]
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), local.strftime(shape))


@register.simple_tag
def ago(value: datetime | None) -> SafeString:
    """How long ago (or in how long), in words; the exact time is its title."""
    if value is None:
        return SafeString("")
    local = timezone.localtime(value)
    exact = local.strftime(TO_THE_SECOND)
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, naturaltime(value))


@register.filter
def milliseconds(value: float | None) -> str:
    """A duration with the unit that suits it, such as `0.4 ms`, `47 ms` or `3.1 s`; a dash for none."""
    if value is None:
        return "–"
    if value >= 1000:
        return _("%(seconds)s s") % {"seconds": f"{value / 1000:.3g}"}
    return _("%(milliseconds)s ms") % {"milliseconds": f"{value:.1f}" if value < 10 else f"{value:.0f}"}


@register.filter
def translated(text: str) -> str:
    """A sentence of a package without Django (`maac_contract`, `webhooks.engine`) in the viewer's language."""
    if isinstance(text, Sentence):
        parts = {name: translated(part) if isinstance(part, Sentence) else part for name, part in text.values.items()}
        return gettext(text.template) % parts if text else ""
    return gettext(text) if text else ""


@register.filter
def get(mapping: dict[str, object], key: str) -> object:
    """The value of a key that is a template variable."""
    return mapping.get(key)
