"""The WSGI application that gunicorn and the embedded server run."""

import os

from django.core.wsgi import get_wsgi_application

from maac_sim.start_faults import read_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")

# gunicorn starts a process again and again that ends with another code than this.
read_settings(exit_code=4)
framework = get_wsgi_application()

# Their modules need the framework set up.
from maac_sim.content_types import refuse_unreadable_content_types  # noqa: E402
from webhooks.api.publish_door import PublishDoor  # noqa: E402

application = refuse_unreadable_content_types(PublishDoor(framework))
