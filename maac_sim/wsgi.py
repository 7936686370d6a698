"""The WSGI application of the console and the REST APIs."""

import os

from django.core.wsgi import get_wsgi_application

from maac_sim.start_faults import read_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")

read_settings()
framework = get_wsgi_application()

# It needs django.setup() first.
from maac_sim.content_types import refuse_unreadable_content_types  # noqa: E402

application = refuse_unreadable_content_types(framework)
