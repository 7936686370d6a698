"""Demo content in the account's language: contacts, campaign, survey, prize, templates, the built-in receiver."""

from datetime import datetime

from django.db import transaction

from accounts.locks import lock_account
from accounts.models import Account
from maac_contract.samples import JAPANESE
from modules.contacts import services as contacts
from modules.messages import services as messages
from modules.notifications import services as notifications
from modules.points import services as points
from modules.receipts import services as receipts
from modules.regions import language_of
from modules.surveys import demo as surveys
from modules.try_it import services as try_it

JAPANESE_TEXTS = ("発送のお知らせ", "春のセール", "会員デー")
CHINESE_TEXTS = ("出貨通知", "春季特賣", "會員日")
"""Names of a notification template, a message template and a message event."""


@transaction.atomic
def furnish(*, account: Account, base: str, now: datetime, actor: str) -> bool:
    """Whether it was made: an account that has contacts is left as it is. `base`: see `try_it.services.set_up`."""
    lock_account(account.pk)
    if account.contacts.exists():
        return False
    shipped, sale, member_day = JAPANESE_TEXTS if language_of(account) is JAPANESE else CHINESE_TEXTS
    contacts.seed_demo(account=account, now=now)
    receipts.seed_demo(account=account, now=now)
    surveys.seed_demo(account=account, now=now)
    points.seed_demo(account=account, now=now)
    notifications.create_template(
        account=account, name=shipped, line_push_enabled=True, parameters=["order_no"], now=now
    )
    messages.create_template(account=account, name=sale, parameters=[], now=now)
    messages.create_event(account=account, name=member_day, now=now)
    if not account.endpoints.exists():
        try_it.set_up(account=account, base=base, now=now, actor=actor)
    return True
