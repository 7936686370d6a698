"""Erases accounts with all rows that depend on them, in every app."""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import Q

from accounts.locks import lock_to_delete
from accounts.models import Account

Model = type[models.Model]


@transaction.atomic
def erase(account_ids: Collection[int]) -> None:
    """Delete the accounts and all rows that belong to them, by one statement a table.

    Django's `delete` would first read every row. Dependent tables come first, since their rows are found by joins to
    the tables they point to; foreign keys are checked at the end of the transaction.
    """
    lock_to_delete(account_ids)
    for model in _leaves_first():
        _of(model, account_ids)._raw_delete(DEFAULT_DB_ALIAS)
    Account.objects.filter(pk__in=account_ids)._raw_delete(DEFAULT_DB_ALIAS)


@cache
def _leaves_first() -> tuple[Model, ...]:
    """Every model whose rows belong to an account, each after the models that point to it."""
    seen: set[Model] = {Account}

    def visit(model: Model) -> Iterator[Model]:
        for pointing in _pointing_to(model):
            if pointing not in seen:
                seen.add(pointing)
                yield from visit(pointing)
                yield pointing

    return tuple(visit(Account))


def _pointing_to(model: Model) -> Iterator[Model]:
    relations: Any = model._meta.get_fields(include_hidden=True)
    for relation in relations:
        if relation.auto_created and not relation.concrete and _belongs(relation.field):
            yield relation.related_model


def _belongs(field: Any) -> bool:
    """Whether the foreign key means ownership: a row with an `on_delete=SET_NULL` key outlives what it points to."""
    return isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.SET_NULL


def _of(model: Model, account_ids: Collection[int]) -> models.QuerySet[models.Model]:
    """The model's rows that belong to these accounts, by a foreign key to the account or through a parent model."""
    keys: list[Any] = [field for field in model._meta.concrete_fields if _belongs(field)]
    own = [key for key in keys if key.related_model is Account]
    if own:
        return model._base_manager.filter(**{f"{own[0].name}__in": account_ids})
    parents = [key for key in keys if key.related_model in _leaves_first() and key.related_model is not model]
    owned = Q()
    for key in parents:
        owned |= Q(**{f"{key.name}__in": _of(key.related_model, account_ids)})
    return model._base_manager.filter(owned)
