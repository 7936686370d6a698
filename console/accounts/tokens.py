"""API tokens: list, create, show once, revoke."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.selectors import is_operator
from accounts.services import issue_token, revoke_token
from console.accounts.forms import TokenForm
from console.base import ConsoleRequest, action, form_page, render_page, save_form


@form_page
def listing(request: ConsoleRequest) -> HttpResponse:
    """A new token is shown in the response to the form only: just its hash is stored."""
    form = TokenForm(request.POST or None, offers_operating=is_operator(request.user))
    base = request.build_absolute_uri("/api/v1/")
    if issued := save_form(
        form,
        lambda: issue_token(account=request.account, **form.cleaned_data, now=request.now, actor=request.actor),
    ):
        token, clear = issued
        return render_page(request, "console/tokens/made.html", {"token": token, "clear": clear, "base": base})
    tokens = selectors.tokens(account=request.account)
    context = {"form": form, "tokens": tokens, "base": base}
    return render_page(request, "console/tokens/list.html", context)


@action
def revoke(request: ConsoleRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(selectors.tokens(account=request.account), pk=pk)
    revoke_token(token=token, now=request.now, actor=request.actor)
    messages.success(request, _("The token %(name)s is revoked.") % {"name": token.name})
    return redirect("console:tokens")
