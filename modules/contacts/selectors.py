"""Queries of contacts and imports."""

from django.db.models import Q, QuerySet

from accounts.models import Account
from modules.contacts.models import Contact, ContactImport


def contacts(*, account: Account) -> QuerySet[Contact]:
    return Contact.objects.filter(account=account).order_by("-id")


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
    return ContactImport.objects.filter(account=account).defer("rows").order_by("-id")


def running_import(*, account: Account) -> ContactImport | None:
    return imports(account=account).filter(status=ContactImport.Status.RUNNING).first()
