"""`Authorization: Bearer TOKEN`: who is asking."""

from datetime import UTC, datetime

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiToken
from accounts.services import authenticate


class BearerToken(BaseAuthentication):
    """Sets `request.auth` to the ApiToken; the account is `request.auth.account`."""

    def authenticate(self, request: Request) -> tuple[None, ApiToken] | None:
        token = bearer_token(request)
        if token is None:
            return None
        row = authenticate(token=token, now=datetime.now(UTC)) if token else None
        if row is None:
            raise AuthenticationFailed("The API token is unknown or revoked. Make one under API > API token.")
        return None, row

    def authenticate_header(self, _request: Request) -> str:
        return 'Bearer realm="maac-sim"'


class HasToken(BasePermission):
    """Every call but the health and schema pages needs a token."""

    def has_permission(self, request: Request, _view: object) -> bool:
        if request.auth is None:
            raise NotAuthenticated("Send the header 'Authorization: Bearer TOKEN' with an API token.")
        return True


def bearer_token(request: HttpRequest | Request) -> str | None:
    """The token that came; None if no such header did."""
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
