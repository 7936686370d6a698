"""Keep the filter of the delivery log under a name, and remove it."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.locks import lock_account
from console.base import ConsoleRequest, action
from console.deliveries import log_query
from console.models import SavedFilter
from webhooks.errors import InvalidInput

AT_MOST = 20
"""Saved filters of an account."""


class NameForm(forms.Form):
    name = forms.CharField(max_length=40)
    query = forms.CharField(max_length=1000)


@action
def save(request: ConsoleRequest) -> HttpResponse:
    """A name that exists gets the new filter."""
    form = NameForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Write a name of at most 40 characters, and filter by something."))
    query = log_query.of_filters(request, QueryDict(form.cleaned_data["query"]).dict(), now=request.now)
    if query.criteria is None:
        raise InvalidInput(query.faults[0])
    name = form.cleaned_data["name"]
    with transaction.atomic():
        lock_account(request.account.pk)
        kept = SavedFilter.objects.filter(account=request.account)
        if kept.exclude(name=name).count() >= AT_MOST:
            raise InvalidInput(_("There are %(count)s saved filters; remove one first.") % {"count": AT_MOST})
        values = {"query": query.to(), "created_at": request.now}
        kept.update_or_create(account=request.account, name=name, defaults=values)
    messages.success(request, _("The filter is saved as %(name)s.") % {"name": name})
    return redirect(f"{reverse('console:deliveries')}?{query.to()}")


@action
def remove(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SavedFilter, account=request.account, pk=pk)
    found.delete()
    messages.success(request, _("The saved filter %(name)s is removed.") % {"name": found.name})
    return redirect("console:deliveries")
