"""The order in which rows are locked: an account, then an endpoint of it, then what belongs to them.

Rows that others point to are locked with `no_key=True`, also elsewhere: PostgreSQL's FOR NO KEY UPDATE keeps changes
apart but does not conflict with the check of a foreign key, which locks the row pointed to at the end of whichever
transaction inserts. FOR UPDATE would, and the insert's transaction may hold what this one is to lock next: a deadlock.
"""

from collections.abc import Collection

from accounts.models import Account


def lock_account(account_id: int) -> Account:
    """The account as it is now; whoever else changes what it holds waits until this transaction ends."""
    return Account.objects.select_for_update(no_key=True).get(pk=account_id)


def lock_to_delete(account_ids: Collection[int]) -> None:
    """Before their rows are removed: from now on nothing can be added to these accounts."""
    list(Account.objects.select_for_update().filter(pk__in=account_ids).order_by("pk").values_list("pk"))
