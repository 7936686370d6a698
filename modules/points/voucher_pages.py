"""Modules > Points > Vouchers in the console."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.base import ConsoleRequest, action, form_page, render_page, save_form
from console.paging import cursor_page
from modules.contacts.contact_fields import ContactReferenceForm
from modules.points import rules, selectors, vouchers
from modules.points.models import Voucher


class VoucherForm(ContactReferenceForm):
    """A voucher for a contact, or for nobody yet."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=rules.TEXT_LIMIT)
    points = forms.IntegerField(label=gettext_lazy("Costs points"), min_value=0, max_value=rules.COUNT_LIMIT, initial=0)
    code = forms.CharField(
        label=gettext_lazy("Code"), required=False, max_length=32, help_text=gettext_lazy("Left empty, it is random.")
    )
    valid_until = forms.DateTimeField(
        label=gettext_lazy("Valid until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ["name", "contact", "points", "valid_until", "code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].required = False

    def clean_contact(self) -> Any:
        return super().clean_contact() if self.cleaned_data["contact"] else None

    def options(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        contact, code = given.pop("contact"), given.pop("code")
        return {**given, "contacts": [contact], "code": code or None}


@form_page
def listing(request: ConsoleRequest) -> HttpResponse:
    """Vouchers, and the form that issues one."""
    form = VoucherForm(request.account, request.POST or None)
    if made := save_form(form, lambda: vouchers.issue(account=request.account, now=request.now, **form.options())):
        messages.success(request, _("The voucher %(code)s is issued.") % {"code": made[0].code})
        return redirect("points:vouchers")
    found, pages = cursor_page(request, selectors.vouchers(account=request.account))
    people = [each.contact for each in found if each.contact]
    balances = selectors.balances(contacts=people, now=request.now)
    rows = [
        {
            "voucher": each,
            "points": balances.get(each.contact_id, 0) if each.contact_id else None,
            **_state(request, each),
        }
        for each in found
    ]
    return render_page(request, "points/vouchers.html", {"rows": rows, "form": form, **pages})


@action
def block(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Block the voucher, as while a prize is edited, or unblock it."""
    voucher = get_object_or_404(selectors.vouchers(account=request.account), pk=pk)
    vouchers.edit(voucher=voucher, is_blocked=not voucher.is_blocked)
    return redirect("points:vouchers")


def _state(request: ConsoleRequest, voucher: Voucher) -> dict[str, Any]:
    if voucher.redeemed_at:
        return {"state": _("Redeemed"), "pill": "good"}
    if voucher.valid_until and voucher.valid_until < request.now:
        return {"state": _("Expired"), "pill": "idle"}
    if voucher.is_blocked:
        return {"state": _("Being edited"), "pill": "warn"}
    return (
        {"state": _("Received"), "pill": "idle"} if voucher.contact_id else {"state": _("Not received"), "pill": "idle"}
    )
