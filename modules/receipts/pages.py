"""Modules > Receipts in the console."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from console.base import ConsoleRequest, action, form_page, page, render_page, save_form
from console.paging import cursor_page
from modules.receipts import labels, selectors, services, uploads
from modules.receipts.forms import CampaignForm, GenerateForm, UploadForm
from modules.receipts.models import Campaign, Upload


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    campaigns, pages = cursor_page(request, selectors.campaigns(account=request.account))
    counts = selectors.counts(campaigns=campaigns)
    rows = [{"campaign": campaign, **counts[campaign.pk]} for campaign in campaigns]
    return render_page(request, "receipts/list.html", {"rows": rows, **pages})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None)
    if made := save_form(form, lambda: services.create(account=request.account, now=request.now, **form.details())):
        messages.success(request, _("The campaign %(name)s is created.") % {"name": made})
        return redirect("receipts:campaign", made.pk)
    return render_page(request, "receipts/form.html", {"form": form})


@form_page
def edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _campaign(request, pk)
    form = CampaignForm(request.POST or None, initial=CampaignForm.initial_of(found))
    if save_form(form, lambda: services.edit(campaign=found, now=request.now, **form.details())):
        messages.success(request, _("Saved."))
        return redirect("receipts:campaign", pk)
    return render_page(request, "receipts/form.html", {"form": form, "campaign": found})


@form_page
def campaign(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A campaign and its uploads, and the form by which a contact's receipt is uploaded."""
    found = _campaign(request, pk)
    form = _upload_form(request, request.POST or None)
    if made := save_form(form, lambda: uploads.upload(campaign=found, now=request.now, **form.receipt())):
        return redirect("receipts:upload", made.pk)
    return _campaign_page(request, found, form, GenerateForm(request.account))


@form_page
def generate(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Generate a receipt and upload it; the form is on the campaign's page."""
    found = _campaign(request, pk)
    form = GenerateForm(request.account, request.POST or None)
    if made := save_form(form, lambda: uploads.upload_generated(campaign=found, now=request.now, **form.options())):
        return redirect("receipts:upload", made.pk)
    return _campaign_page(request, found, _upload_form(request), form)


@page
def upload(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.uploads(account=request.account), pk=pk)
    return render_page(
        request, "receipts/upload.html", {"upload": found, "failed": labels.failed_conditions(found.failed_conditions)}
    )


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = _campaign(request, pk)
    services.delete(campaign=found)
    messages.success(request, _("%(name)s was deleted.") % {"name": found})
    return redirect("receipts:list")


@action
def seed_demo(request: ConsoleRequest) -> HttpResponse:
    made = services.seed_demo(account=request.account, now=request.now)
    return redirect("receipts:campaign", made.pk)


def _campaign(request: ConsoleRequest, pk: int) -> Campaign:
    return get_object_or_404(selectors.campaigns(account=request.account), pk=pk)


def _upload_form(request: ConsoleRequest, data: Any = None) -> UploadForm:
    return UploadForm(request.account, data, initial={"datetime": localtime(request.now)})


def _campaign_page(
    request: ConsoleRequest, found: Campaign, upload_form: UploadForm, generate_form: GenerateForm
) -> HttpResponse:
    rows, pages = cursor_page(request, selectors.uploads(account=request.account, campaign=found))
    context = {
        "campaign": found,
        "upload_form": upload_form,
        "generate_form": generate_form,
        "uploads": [_row(each) for each in rows],
        **pages,
    }
    return render_page(request, "receipts/campaign.html", context)


def _row(upload: Upload) -> dict[str, Any]:
    return {"upload": upload, "failed": labels.failed_conditions(upload.failed_conditions)}
