"""Modules > Surveys in the console: surveys and their questions."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.errors import Refusal
from console.base import ConsoleRequest, action, add_refusal, form_page, page, render_page, save_form
from modules.surveys import demo, selectors, services
from modules.surveys.forms import QuestionForm, SurveyForm
from modules.surveys.labels import TYPES
from modules.surveys.models import Question, Survey

RECENT = 20


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    surveys = list(selectors.counted(account=request.account))
    return render_page(request, "surveys/list.html", {"surveys": surveys})


@form_page
def new(request: ConsoleRequest) -> HttpResponse:
    form = SurveyForm(request.POST or None)
    if made := save_form(form, lambda: services.create(account=request.account, now=request.now, **form.cleaned_data)):
        messages.success(request, _("The survey is created. Now add its questions."))
        return redirect("surveys:survey", made.pk)
    return render_page(request, "surveys/form.html", {"form": form})


@form_page
def edit(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = survey_of(request, pk)
    form = SurveyForm(request.POST or None, initial=SurveyForm.initial_of(found))
    if form.is_valid():
        fields = {**form.cleaned_data, "svid": form.cleaned_data["svid"] or found.svid}
        try:
            services.edit(survey=found, **fields)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("surveys:survey", pk)
    return render_page(request, "surveys/form.html", {"form": form, "survey": found})


@action
def delete(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = survey_of(request, pk)
    services.delete(survey=found)
    messages.success(request, _("The survey %(title)s was deleted.") % {"title": found})
    return redirect("surveys:list")


@action
def seed_demo(request: ConsoleRequest) -> HttpResponse:
    made = demo.seed_demo(account=request.account, now=request.now)
    return redirect("surveys:survey", made.pk)


@page
def survey(request: ConsoleRequest, pk: int) -> HttpResponse:
    """A survey's questions and the newest answers."""
    found = survey_of(request, pk)
    context = {
        "survey": found,
        "questions": [{"row": each, "kind": TYPES[each.type]} for each in found.questions.all()],
        "submissions": selectors.submissions(account=request.account, survey=found)[:RECENT],
    }
    return render_page(request, "surveys/survey.html", context)


@form_page
def question_new(request: ConsoleRequest, pk: int) -> HttpResponse:
    found = survey_of(request, pk)
    form = QuestionForm(request.POST or None)
    if save_form(form, lambda: services.add_question(survey=found, **form.fields_given())):
        return redirect("surveys:survey", pk)
    return render_page(request, "surveys/question.html", {"form": form, "survey": found})


@form_page
def question_edit(request: ConsoleRequest, pk: int, sn: int) -> HttpResponse:
    found = survey_of(request, pk)
    question = _question(found, sn)
    form = QuestionForm(request.POST or None, initial=QuestionForm.initial_of(question))
    if save_form(form, lambda: services.edit_question(question=question, **form.fields_given())):
        messages.success(request, _("Saved."))
        return redirect("surveys:survey", pk)
    return render_page(request, "surveys/question.html", {"form": form, "survey": found, "question": question})


@action
def question_delete(request: ConsoleRequest, pk: int, sn: int) -> HttpResponse:
    services.delete_question(question=_question(survey_of(request, pk), sn))
    return redirect("surveys:survey", pk)


@action
def question_move(request: ConsoleRequest, pk: int, sn: int) -> HttpResponse:
    """One place up or down."""
    found = survey_of(request, pk)
    sns = [each.sn for each in found.questions.all()]
    here = sns.index(_question(found, sn).sn)
    there = here + (1 if request.POST.get("to") == "down" else -1)
    if 0 <= there < len(sns):
        sns[here], sns[there] = sns[there], sns[here]
        services.reorder(survey=found, sns=sns)
    return redirect("surveys:survey", pk)


def survey_of(request: ConsoleRequest, pk: int) -> Survey:
    return get_object_or_404(selectors.surveys(account=request.account), pk=pk)


def _question(survey: Survey, sn: int) -> Question:
    return get_object_or_404(survey.questions.all(), sn=sn)
