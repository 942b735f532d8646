"""Pages and ingest: gunicorn's threaded workers serve this."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alpr_portal.settings")
application = get_wsgi_application()
