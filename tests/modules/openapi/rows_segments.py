"""Rows of the calls about segments (13 to 19)."""

from tests.modules.openapi.sheet import Row

ROWS: list[Row] = []
