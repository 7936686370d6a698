"""Queries of contacts, tags, segments and imports."""

from datetime import datetime

from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Account
from modules.contacts import rules
from modules.contacts.models import Contact, ContactImport, Segment, Tag, Tagging


def contacts(*, account: Account) -> QuerySet[Contact]:
    return Contact.objects.filter(account=account).order_by("-id")


def with_tags(rows: QuerySet[Contact], *, now: datetime) -> QuerySet[Contact]:
    """The contacts with their valid tags loaded, for `Contact.tags`: one more query, however many contacts."""
    valid = Tagging.objects.valid_at(now).select_related("tag").order_by("id")
    return rows.prefetch_related(Prefetch("taggings", queryset=valid, to_attr="loaded_taggings"))  # type: ignore[no-redef]


def search(*, account: Account, text: str) -> QuerySet[Contact]:
    """Contacts with this text in a name, an id, the mobile number or the e-mail address."""
    found = contacts(account=account)
    if not text:
        return found
    return found.filter(
        Q(line_uid__startswith=text)
        | Q(display_name__icontains=text)
        | Q(line_display_name__icontains=text)
        | Q(customer_id__icontains=text)
        | Q(mobile__contains=text.lstrip("0+"))
        | Q(email__icontains=text)
    )


def imports(*, account: Account) -> QuerySet[ContactImport]:
    return ContactImport.objects.filter(account=account).defer("rows", "mismatches").order_by("-id")


def running_import(*, account: Account) -> ContactImport | None:
    return imports(account=account).filter(status=ContactImport.Status.RUNNING).first()


def tags(*, account: Account, name: str = "") -> QuerySet[Tag]:
    """The account's tags, or those with this text in the name."""
    found = Tag.objects.filter(account=account).order_by("-id")
    return found.filter(name__icontains=name) if name else found


def with_contact_counts(rows: QuerySet[Tag], *, now: datetime) -> QuerySet[Tag]:
    """The tags with `contact_count`, the number of contacts who have the tag now."""
    valid = Tagging.objects.valid_at(now).filter(tag=OuterRef("pk")).order_by().values("tag")
    count = Subquery(valid.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return rows.annotate(contact_count=Coalesce(count, 0))


def taggings_of(*, contact: Contact, now: datetime) -> QuerySet[Tagging]:
    """The tags that the contact has now."""
    return Tagging.objects.valid_at(now).filter(contact=contact).select_related("tag").order_by("id")


def segments(*, account: Account, name: str = "") -> QuerySet[Segment]:
    """The account's segments, or those with this text in the name."""
    found = Segment.objects.filter(account=account).defer("uploaded").order_by("-id")
    return found.filter(name__icontains=name) if name else found


def line_uids(*, segment: Segment) -> list[str]:
    """LINE UIDs of a segment's members, as of its last count."""
    return list(segment.members.order_by("pk").values_list("contact__line_uid", flat=True))


def friends(*, account: Account) -> QuerySet[Contact]:
    """Contacts who have not blocked the account."""
    return Contact.objects.filter(account=account).exclude(status=rules.UNFOLLOW).order_by("id")


def friends_with_tag(*, account: Account, name: str, now: datetime) -> QuerySet[Contact]:
    valid = Tagging.objects.valid_at(now).filter(tag__account=account, tag__name=name)
    return friends(account=account).filter(pk__in=valid.values("contact"))
