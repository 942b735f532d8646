"""The portal's own settings with one app more: the plain model that ways without our staging write through."""

from alpr_portal.settings import *  # noqa: F403

INSTALLED_APPS = ["rest_framework", "bench", *INSTALLED_APPS]  # noqa: F405 - the last one must stay the last
