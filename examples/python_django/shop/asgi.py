"""For `uvicorn shop.asgi:application`. The backlog of `runserver` is ten connections, too few for a campaign."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_asgi_application()
