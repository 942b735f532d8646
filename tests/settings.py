"""The settings of the suite: the portal's own, with a fast password hash and nothing that leaves the process."""

import atexit
import shutil
import tempfile
from pathlib import Path

from alpr_portal.settings import *  # noqa: F403

ENVIRONMENT = "test"
DATA_DIR = Path(tempfile.mkdtemp(prefix="alpr-test-"))
INGEST_PLACES = 8
IMAGE_KEYS_DIR = DATA_DIR / "image-keys"
ERASURES_DIR = DATA_DIR / "erasures"
BACKUP_DIR = DATA_DIR / "backups"
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATABASES["replica"] = dict(DATABASES["default"])  # noqa: F405
for _database in DATABASES.values():  # noqa: F405
    _database["CONN_MAX_AGE"] = None
