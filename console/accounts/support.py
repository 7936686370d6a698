"""The decorator of customer support's pages about one account."""

from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Account
from console.base import ConsoleRequest, View, operators_only


def about_an_account(view: View) -> View:
    """Load the account in the URL and activate its time zone. Goes below `@page`, `@form_page` or `@action`."""

    @operators_only
    @wraps(view)
    def inner(request: ConsoleRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        brand = get_object_or_404(Account, pk=pk)
        with timezone.override(brand.zone_info):
            return view(request, brand, *args, **kwargs)

    return inner
