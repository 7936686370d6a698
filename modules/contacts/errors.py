"""Errors of the contacts module."""

from accounts.errors import Refusal
from webhooks.errors import InvalidInput


class InvalidContact(InvalidInput):
    code = "invalid_contact"


class ImportRunning(Refusal):
    """The account has an import that has not ended."""

    code = "import_running"


class ContactTaken(Refusal):
    """Another contact of the account has this LINE UID or this customer id."""

    code = "contact_taken"


class InvalidTag(InvalidInput):
    code = "invalid_tag"


class TagTaken(Refusal):
    """The account has a tag of this name."""

    code = "tag_taken"


class TagNotThere(Refusal):
    """The contact does not have the tag."""

    code = "tag_not_there"


class TagInUse(Refusal):
    """A segment is made from the tag."""

    code = "tag_in_use"


class InvalidSegment(InvalidInput):
    code = "invalid_segment"


class SegmentLimit(Refusal):
    """The account has as many segments as it may have."""

    code = "segment_limit"


class SegmentPending(Refusal):
    """The members of the segment have not been counted yet."""

    code = "segment_pending"


class ContactMissing(Refusal):
    """The contact was deleted meanwhile."""

    code = "contact_missing"
