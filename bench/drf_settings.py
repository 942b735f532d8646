"""The settings of the comparison's web server: the portal's, with its own addresses."""

from bench.settings import *  # noqa: F403

ROOT_URLCONF = "bench.drf"
