"""Rows of the calls about contacts, imports of contacts, and tags (1 to 4, 8 to 12)."""

from tests.modules.openapi.sheet import Row

ROWS: list[Row] = []
