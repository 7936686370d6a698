"""`Authorization: Bearer TOKEN`: who is asking."""

from datetime import UTC, datetime

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Account, ApiToken
from accounts.services import authenticate


class BearerToken(BaseAuthentication):
    """Sets `request.auth` to the ApiToken; the account is `request.auth.account`."""

    def authenticate(self, request: Request) -> tuple[None, ApiToken] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        row = authenticate(token=token.strip(), now=datetime.now(UTC)) if token.strip() else None
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


def account_of(request: Request) -> Account:
    """The account whose token came with the request."""
    token = request.auth
    if not isinstance(token, ApiToken):
        raise NotAuthenticated
    return token.account
