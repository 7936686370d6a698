"""What customer support's pages about one account share."""

from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Account
from console.base import ConsoleRequest, View, operators_only


def about_an_account(view: View) -> View:
    """Finds the account that the address names, and shows times in its zone. `@page` or its siblings stand above."""

    @operators_only
    @wraps(view)
    def inner(request: ConsoleRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        brand = get_object_or_404(Account, pk=pk)
        with timezone.override(brand.zone_info):
            return view(request, brand, *args, **kwargs)

    return inner
