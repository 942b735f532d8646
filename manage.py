#!/usr/bin/env python3
"""Every command of the portal; starts the embedded servers on demand where no DATABASE_URL or REDIS_URL is set."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alpr_portal.settings")
    if sys.argv[1:2] == ["demo"]:
        os.environ.setdefault("ENVIRONMENT", "demo")  # where it is set to something else, the demo refuses to run
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        print("The portal is not set up here. Run: make setup, then .venv/bin/python manage.py …", file=sys.stderr)
        return 1
    from alpr_portal.embedded import EmbeddedError

    try:
        execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
