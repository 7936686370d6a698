"""Errors of the receipts module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidCampaign(InvalidInput):
    code = "invalid_campaign"


class InvalidReceipt(InvalidInput):
    code = "invalid_receipt"


class CampaignClosed(Refusal):
    """It is not active, or was deleted a moment ago."""

    code = "campaign_closed"


class NoSuchReceipt(Refusal):
    """No receipt with the requested properties exists."""

    code = "no_such_receipt"
