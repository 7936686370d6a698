"""Contacts that were stored with names of tags get tags as rows, and names again if the migration is undone."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.brands import NOW

BEFORE = ("contacts", "0001_initial")
AFTER = ("contacts", "0003_contact_tags_removed")


def migrated_to(*target: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([target])  # type: ignore[list-item]
    return MigrationExecutor(connection).loader.project_state([target]).apps  # type: ignore[list-item]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_names_of_tags_become_rows_and_names_again() -> None:
    old = migrated_to(*BEFORE)
    account = old.get_model("accounts", "Account").objects.create(name="x", time_zone="Asia/Taipei", created_at=NOW)
    contacts = old.get_model("contacts", "Contact").objects
    for uid, tags in (("U1", ["a", "b"]), ("U2", ["b", "b"]), ("U3", [])):
        contacts.create(account=account, line_uid=uid, tags=tags, created_at=NOW, updated_at=NOW)
    try:
        new = migrated_to(*AFTER)
        rows = new.get_model("contacts", "Tagging").objects.order_by("pk")
        shown = list(rows.values_list("contact__line_uid", "tag__name", "first_tagged_at", "expires_at"))
        assert shown == [("U1", "a", NOW, None), ("U1", "b", NOW, None), ("U2", "b", NOW, None)]
        assert new.get_model("contacts", "Tag").objects.count() == 2
        back = migrated_to(*BEFORE).get_model("contacts", "Contact").objects
        assert dict(back.values_list("line_uid", "tags")) == {"U1": ["a", "b"], "U2": ["b"], "U3": []}
    finally:
        migrated_to(*AFTER)
