"""Settings of the plain way: the simulator's own, with the plain web calls in place of its own."""

from maac_sim.settings import *  # noqa: F403

ROOT_URLCONF = "bench.plain_web"
