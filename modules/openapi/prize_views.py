"""Redeeming vouchers of the Open API."""

from collections.abc import Callable
from typing import Any

from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from modules.openapi import queries
from modules.openapi.base import OpenApiView
from modules.openapi.errors import answered, as_json
from modules.points import vouchers
from modules.points.errors import NotRedeemed

ANSWERS: dict[str, tuple[int, str]] = {
    vouchers.NO_CODE: (404, "Prize Code Does Not Exist"),
    vouchers.EXPIRED: (404, "Prize Status Expired"),
    vouchers.NO_CONTACT: (404, "Contact Not Found"),
    vouchers.BLOCKED: (408, "Prize Redemption Need Retry"),
    vouchers.REDEEMED: (409, "Prize Has Been Redeemed"),
    vouchers.NOT_RECEIVED: (409, "Prize Is Not Received"),
}
"""The documented answer to each reason; for a contact that is not found, in the words of the English document."""


class RedeemView(OpenApiView):
    call = "redeem"

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        return _as_json

    def post(self, request: Request, code: str) -> Response:
        fields = queries.body(queries.Redemption, request)
        self.scripted(code)
        try:
            vouchers.redeem(account=self.account, code=code, now=self.now, **fields)
        except NotRedeemed as refusal:
            raise answered(*ANSWERS[refusal.reason]) from refusal
        return Response({"detail": "Success"}, status=status.HTTP_201_CREATED)


def _as_json(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        error = answered(403, "Token Invalid")
    return as_json(error, context)
