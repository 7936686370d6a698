"""The WSGI application that gunicorn and the embedded server run."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")

application = get_wsgi_application()
