"""One file per format of reads; a new vendor is one more file and one more name here."""

from typing import Any

from . import axis, flock, generic_csv, genetec, openalpr, own, platerecognizer, platerecognizer_csv
from .base import Adapter, ItemFault, Limits, NormalRead, Parsed, Piece

ADAPTERS: dict[str, Adapter] = {
    module.ADAPTER.name: module.ADAPTER
    for module in (own, openalpr, platerecognizer, platerecognizer_csv, flock, genetec, axis, generic_csv)
}


def adapter_of(name: str, columns: Any) -> Adapter:
    """The adapter of a source's format, told the source's columns where the format needs them.

    Raises KeyError for a name that is none, BadInput columns.missing and what ``read_columns`` raises.
    """
    adapter = ADAPTERS[name]
    return adapter.fit(columns) if adapter.fit else adapter


__all__ = ["ADAPTERS", "Adapter", "ItemFault", "Limits", "NormalRead", "Parsed", "Piece", "adapter_of"]
