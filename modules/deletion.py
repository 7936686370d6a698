"""Deletes a module's row with the rows that reference it."""

from django.db import models, transaction


@transaction.atomic
def delete_whole(row: models.Model) -> None:
    """Delete a row that is locked first, so that no referencing row is added between Django's query and the deletion.

    The parent is locked before its children, as in all services.
    """
    list(type(row)._default_manager.select_for_update().filter(pk=row.pk).values_list("pk"))
    row.delete()
