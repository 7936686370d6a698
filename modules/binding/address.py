"""The address that opens a bind link."""

from typing import Protocol

from django.urls import reverse

from modules.binding.models import BindLink


class KnowsItsHost(Protocol):
    def build_absolute_uri(self, location: str) -> str: ...


def address_of(request: KnowsItsHost, link: BindLink) -> str:
    """An absolute URL at the host that the request was sent to."""
    return request.build_absolute_uri(reverse("bind_link", args=[link.code]))
