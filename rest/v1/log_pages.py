"""Pages of the delivery log by cursor."""

import math

from rest_framework.pagination import Cursor
from rest_framework.request import Request

from accounts.models import Account
from rest.base.paging import NewestFirst
from webhooks.log import search
from webhooks.log.search import Criteria
from webhooks.models import Delivery


class LogPages(NewestFirst):
    """Pages of the delivery log, which is searched as its filter asks."""

    def search(self, request: Request, *, account: Account, criteria: Criteria) -> list[Delivery]:
        """The page's rows; a call waits for as many as its limit says, however long the search takes."""
        self.base_url = request.build_absolute_uri()
        cursor = self.decode_cursor(request)
        found = search.search(
            account=account,
            criteria=criteria,
            limit=self.get_page_size(request),
            older_than=int(cursor.position or 0) if cursor else None,
            seconds=math.inf,
        )
        self.following = Cursor(0, False, found.rows[-1].pk) if found.has_more else None
        return found.rows

    def get_next_link(self) -> str | None:
        return self.encode_cursor(self.following) if self.following else None
