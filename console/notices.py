"""Notices about endpoints that keep failing: list them and mark them as read."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import ngettext

from console.base import ConsoleRequest, action, came_from, page, render_page
from console.deliveries.labels import reason_sentence
from console.paging import cursor_page
from webhooks import selectors
from webhooks.models import Notice
from webhooks.services.notices import mark_all_read, mark_read


class NoticeRow(NamedTuple):
    """A notice, the reason of the last failure in words, and the query of the failed deliveries in the log."""

    notice: Notice
    reason: str
    log: str


def notice_row(notice: Notice) -> NoticeRow:
    query = {"endpoint": notice.endpoint_id, "status": "failed"}
    return NoticeRow(notice, reason_sentence(notice.last_reason), urlencode(query))


@page
def listing(request: ConsoleRequest) -> HttpResponse:
    rows, pages = cursor_page(request, selectors.notices(account=request.account))
    context = {"notices": [notice_row(each) for each in rows], **pages}
    return render_page(request, "console/notices/list.html", context)


@action
def read(request: ConsoleRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(selectors.notices(account=request.account), pk=pk)
    mark_read(notice=notice, now=request.now)
    return redirect(came_from(request))


@action
def read_all(request: ConsoleRequest) -> HttpResponse:
    count = mark_all_read(account=request.account, now=request.now)
    marked = ngettext("%(count)s notice is marked as read.", "%(count)s notices are marked as read.", count)
    messages.success(request, marked % {"count": count})
    return redirect("console:notices")
