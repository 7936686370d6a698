"""Deletes a module's row with the rows that reference it."""

from collections.abc import Sequence

from django.db import models, transaction


@transaction.atomic
def delete_whole(row: models.Model, *, before: Sequence[str] = (), after: Sequence[str] = ()) -> None:
    """Delete a row that is locked first, so that no referencing row is added between Django's query and the deletion.

    Rows of these tables that reference it are locked before and after it, in this order, which is that of all services;
    Django would take an order of its own.
    """
    for table in before:
        _lock_children(row, table)
    list(type(row)._default_manager.select_for_update().filter(pk=row.pk).values_list("pk"))
    for table in after:
        _lock_children(row, table)
    row.delete()


def _lock_children(row: models.Model, table: str) -> None:
    for pointing in row._meta.get_fields(include_hidden=True):
        if isinstance(pointing, models.ManyToOneRel) and pointing.related_model._meta.db_table == table:
            children = pointing.related_model._base_manager.filter(**{pointing.field.name: row})
            list(children.select_for_update(no_key=True).order_by("pk").values_list("pk"))
