"""The ASGI application of the web processes."""

import os

from maac_sim import server_path  # noqa: F401 - makes the server's packages importable
from maac_sim.bridge import Bridge
from maac_sim.companion import end_with
from maac_sim.web import THREADS
from maac_sim.wsgi import application as wsgi_application

end_with(os.getppid())
application = Bridge(wsgi_application, threads=int(os.environ[THREADS]))
