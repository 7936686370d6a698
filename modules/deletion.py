"""Deletes a row of a module with what belongs to it."""

from django.db import models, transaction


@transaction.atomic
def delete_whole(row: models.Model) -> None:
    """The row is locked first, so that nothing is added to it between Django's search for what belongs to it and here.

    Rows are then locked in the order of all other services, the parent before its children.
    """
    list(type(row)._default_manager.select_for_update().filter(pk=row.pk).values_list("pk"))
    row.delete()
