"""The people of a brand, for customer support: add, remove, give a new password."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts import people, selectors
from accounts.models import Account
from console.accounts.forms import PersonForm
from console.accounts.pages import account_page
from console.accounts.support import about_an_account
from console.base import ConsoleRequest, action, render_page, save_form


@action
@about_an_account
def add(request: ConsoleRequest, brand: Account) -> HttpResponse:
    form = PersonForm(request.POST)
    added = save_form(
        form,
        lambda: people.add_person(
            account=brand, username=form.cleaned_data["username"], now=request.now, actor=request.actor
        ),
    )
    if added is None:
        return account_page(request, brand, form)
    membership, password = added
    if password is not None:
        return _show_password(request, brand, membership.user, password)
    message = _("%(user)s had a user already, who now works for this account, too. The password stays.")
    messages.success(request, message % {"user": membership.user.get_username()})
    return redirect("console:account", brand.pk)


@action
@about_an_account
def remove(request: ConsoleRequest, brand: Account, user_pk: int) -> HttpResponse:
    membership = get_object_or_404(selectors.people(account=brand), user=user_pk)
    people.remove_person(membership=membership, now=request.now, actor=request.actor)
    message = _("%(user)s no longer sees this account.")
    messages.success(request, message % {"user": membership.user.get_username()})
    return redirect("console:account", brand.pk)


@action
@about_an_account
def password(request: ConsoleRequest, brand: Account, user_pk: int) -> HttpResponse:
    membership = get_object_or_404(selectors.people(account=brand), user=user_pk)
    clear = people.reset_password(membership=membership, now=request.now, actor=request.actor)
    return _show_password(request, brand, membership.user, clear)


def _show_password(request: ConsoleRequest, brand: Account, user: User, clear: str) -> HttpResponse:
    """Show the new password in this response only: it is stored hashed."""
    context = {"brand": brand, "person": user, "clear": clear, "login": request.build_absolute_uri("/console/")}
    return render_page(request, "console/accounts/password.html", context)
