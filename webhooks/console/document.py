"""The page of document."""

from django.http import HttpResponse

from webhooks.console.frame import ConsoleRequest, page, render_page


@page
def document(request: ConsoleRequest) -> HttpResponse:
    return render_page(request, "console/base.html")
