"""The audit log, newest first."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Account
from accounts.selectors import is_operator
from console.accounts.audit_labels import ACTIONS, worded
from console.base import ConsoleRequest, page, render_page
from console.paging import cursor_page
from webhooks.ids import is_id

PAGE_SIZE = 50


class AuditFilter(forms.Form):
    action = forms.ChoiceField(
        label=_("Action"), required=False, choices=lambda: [("", _("Every action")), *ACTIONS.items()]
    )
    actor = forms.CharField(label=_("Who"), required=False, max_length=200)
    target = forms.CharField(label=_("What"), required=False, max_length=200)


@page
def log(request: ConsoleRequest) -> HttpResponse:
    brand = _account(request)
    form = AuditFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = audit.entries(
        account=brand,
        action=asked.get("action", ""),
        actor=asked.get("actor", ""),
        target=asked.get("target", ""),
        with_support=is_operator(request.user),
    )
    rows, pages = cursor_page(request, found if form.is_valid() else found.none(), size=PAGE_SIZE)
    context = {
        "brand": brand,
        "form": form,
        "is_filtered": any(asked.get(name) for name in ("action", "actor", "target")),
        "entries": worded(rows),
        "query": _query(request),
        **pages,
    }
    with timezone.override(brand.zone_info):
        return render_page(request, "console/audit/log.html", context)


def _account(request: ConsoleRequest) -> Account:
    """The user's own account; customer support may select any by `?account=`."""
    asked = request.GET.get("account")
    if asked is None or asked == str(request.account.pk):
        return request.account
    if not is_operator(request.user) or not is_id(asked):
        raise Http404
    return get_object_or_404(Account, pk=int(asked))


def _query(request: ConsoleRequest) -> str:
    """The filter of this page without the cursor, for the links to other pages."""
    kept = request.GET.copy()
    kept.pop("before", None)
    return kept.urlencode()
