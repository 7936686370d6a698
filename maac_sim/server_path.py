"""Where the server's packages, templates, static files and translations are; importing this makes them importable.

A checkout has them at its root. An installed wheel has them in `maac_sim/_server/`, so that a project beside which it
is installed keeps names such as `events` to itself: only the server's own processes import this module.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_server"

IS_CHECKOUT = not _INSTALLED.is_dir()
ROOT = _PACKAGE.parent if IS_CHECKOUT else _INSTALLED
DATA = (ROOT if IS_CHECKOUT else Path.cwd()) / "data"
"""Where the embedded simulator keeps its data if MAAC_SIM_DATA is not set."""

sys.path[:] = [str(ROOT), *(entry for entry in sys.path if entry != str(ROOT))]
