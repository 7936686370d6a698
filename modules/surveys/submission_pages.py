"""Modules > Surveys in the console: answering a survey as a contact, and what was answered."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from console.base import ConsoleRequest, add_refusal, form_page, page, render_page
from modules.contacts import selectors as contact_selectors
from modules.contacts.models import Contact
from modules.surveys import selectors, submissions
from modules.surveys.answer_form import AnswerForm
from modules.surveys.errors import InvalidAnswers
from modules.surveys.forms import ContactForm
from modules.surveys.models import Submission, Survey
from modules.surveys.pages import survey_of

SUGGESTED = 20


@form_page
def answer(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The survey as the contact sees it; the answers can be generated."""
    survey = survey_of(request, pk)
    who = ContactForm(request.POST or None, initial={"line_uid": request.GET.get("line_uid", "")})
    form = AnswerForm(selectors.asked(survey=survey), request.POST or None)
    contact = _contact(request, who) if who.is_valid() else None
    if contact and form.is_valid():
        try:
            made = _submitted(request, survey, contact, form)
        except InvalidAnswers as refusal:
            form.add_faults(refusal.fields)
        except Refusal as refusal:
            add_refusal(who, refusal)
        else:
            return redirect("surveys:submission", pk, made.pk)
    people = contact_selectors.contacts(account=request.account)[:SUGGESTED]
    context = {"survey": survey, "who": who, "form": form, "asked": form.asked(), "people": people}
    return render_page(request, "surveys/answer.html", context)


@page
def submission(request: ConsoleRequest, pk: int, submission_pk: int) -> HttpResponse:
    """The answers, and their deliveries."""
    survey = survey_of(request, pk)
    found = get_object_or_404(selectors.submissions(account=request.account, survey=survey), pk=submission_pk)
    return render_page(request, "surveys/submission.html", {"survey": survey, "submission": found})


def _contact(request: ConsoleRequest, who: ContactForm) -> Contact | None:
    line_uid = who.cleaned_data["line_uid"].strip()
    found = contact_selectors.contacts(account=request.account).filter(line_uid=line_uid).first()
    if found is None:
        who.add_error("line_uid", _("The account has no such contact."))
    return found


def _submitted(request: ConsoleRequest, survey: Survey, contact: Contact, form: AnswerForm) -> Submission:
    now = request.now
    if "generate" in request.POST:
        return submissions.submit_generated(survey=survey, contact=contact, seed=now.isoformat(), now=now)
    return submissions.submit(survey=survey, contact=contact, answers=form.given(), now=now)
