"""Row locks. They are taken in one order everywhere: an account, then its endpoint, then their children.

Rows that foreign keys point to are locked with `no_key=True`, here and elsewhere: PostgreSQL's FOR NO KEY UPDATE
excludes concurrent changes but does not conflict with foreign key checks, which lock the referenced row at the end of
the inserting transaction. FOR UPDATE does conflict; if that transaction holds the next row to lock, they deadlock.
"""

from collections.abc import Collection

from accounts.models import Account


def lock_account(account_id: int) -> Account:
    """Lock the account until the transaction ends, so that its limits are checked by one transaction at a time."""
    return Account.objects.select_for_update(no_key=True).get(pk=account_id)


def lock_to_delete(account_ids: Collection[int]) -> None:
    """Lock accounts FOR UPDATE before their rows are deleted: no row that points to them can be inserted meanwhile."""
    list(Account.objects.select_for_update().filter(pk__in=account_ids).order_by("pk").values_list("pk"))
