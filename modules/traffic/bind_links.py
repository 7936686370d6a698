"""Opens the bind links of a batch of a play's actions; each sends the binding callback, if an address is set."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.errors import Refusal
from modules.binding import selectors, services
from modules.traffic.actions import OpenLink, TimedAction
from modules.traffic.bulk import ScenarioContext
from modules.traffic.errors import FixtureMissing
from modules.traffic.scenario import BIND_LINK


def open_links(context: ScenarioContext, timed_actions: Sequence[TimedAction], now: datetime) -> None:
    """Make and open the links. A customer id that another contact has got meanwhile is passed over."""
    if not timed_actions:
        return
    template = selectors.templates(account=context.account).filter(pk=context.fixtures[BIND_LINK]).first()
    if template is None:
        message = _("Something that the play needs was deleted meanwhile: its %(kind)s.")
        raise FixtureMissing(message % {"kind": BIND_LINK})
    for timed in timed_actions:
        if isinstance(action := timed.action, OpenLink):
            made = {"customer_id": action.customer_id, "email": action.email, "mobile": action.mobile}
            with suppress(Refusal):
                link = services.make_link(template=template, bind_once=True, now=now, **made)
                services.open_link(link=link, line_uid=action.line_uid, now=now)
