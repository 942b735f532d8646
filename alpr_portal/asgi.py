"""Events: the small ASGI process serves this."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alpr_portal.settings")
application = get_asgi_application()
