"""Small courtesies of the web process."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


def complete_api_paths(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Serve /api/ paths that lack the last slash: a redirect would turn a POST into a GET."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/") and not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        return get_response(request)

    return middleware
