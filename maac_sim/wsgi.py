"""The WSGI application of console and REST API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")

framework = get_wsgi_application()

from webhooks.api.publish_door import PublishDoor  # noqa: E402 - its modules need the framework set up

application = PublishDoor(framework)
