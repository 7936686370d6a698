#!/usr/bin/env python
"""Django's own command line."""

import os
import sys

from django.core.management import execute_from_command_line

from maac_sim.start_faults import explained, read_settings

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")
    read_settings()
    with explained():
        execute_from_command_line(sys.argv)
