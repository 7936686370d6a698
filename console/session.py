"""Choices of the signed-in user: the language, and the account."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.i18n import set_language

from accounts.selectors import accounts_of
from console.base import ConsoleRequest, action
from webhooks.ids import is_id

language = set_language
"""Django's view: by POST, stored in a cookie, without a login."""


@action
def account_switch(request: ConsoleRequest) -> HttpResponse:
    """Work in another account. One that is not theirs changes nothing.

    `next` is the page of it to show first.
    """
    chosen = request.POST.get("account", "")
    if is_id(chosen) and accounts_of(request.user).filter(pk=int(chosen)).exists():
        request.session["account"] = int(chosen)
        goal = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(goal, None):
            return redirect(goal)
    return redirect("console:home")
