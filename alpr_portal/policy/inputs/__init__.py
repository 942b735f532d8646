"""One reader for each kind of input, used at every entrance alike: form, API, import and command.

Each takes the raw value and answers the clean one, or raises BadInput (a stable code, the field, the remedy) or
Question (one plain question). None of them repeats the raw value, and none needs Django.
"""

from .cases import read_case_number, read_purpose
from .places import OAKLAND_AREA, Box, read_confidence, read_coordinates
from .texts import read_email, read_filename, read_person_name, read_text
from .times import (
    DateRange,
    bound_range,
    is_expired,
    read_date_range,
    read_epoch_ms,
    read_local_time,
    read_moment,
    read_time,
)
from .web import read_object_id, read_page, read_sort, refuse_unknown, safe_next

__all__ = [
    "OAKLAND_AREA",
    "Box",
    "DateRange",
    "bound_range",
    "is_expired",
    "read_case_number",
    "read_confidence",
    "read_coordinates",
    "read_date_range",
    "read_email",
    "read_epoch_ms",
    "read_filename",
    "read_local_time",
    "read_moment",
    "read_object_id",
    "read_page",
    "read_person_name",
    "read_purpose",
    "read_sort",
    "read_text",
    "read_time",
    "refuse_unknown",
    "safe_next",
]
