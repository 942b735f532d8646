"""`python -m alpr_portal.canary`: the flight itself, in the process that ``ground.fly`` starts for it."""

import sys

from alpr_portal.canary import ground


def main() -> int:
    here = ground.here()
    from alpr_portal.canary import doors, doors_kept, doors_lists, sweep  # noqa: F401 - importing opens its doors

    sweep.prepare(here)
    return sweep.main(here, doors.DOORS)


if __name__ == "__main__":
    sys.exit(main())
