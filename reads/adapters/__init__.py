"""One file per format of reads; a new vendor is one more file and one more name here."""

from . import openalpr, own, platerecognizer
from .base import Adapter, ItemFault, Limits, NormalRead, Parsed

ADAPTERS: dict[str, Adapter] = {module.ADAPTER.name: module.ADAPTER for module in (own, openalpr, platerecognizer)}

__all__ = ["ADAPTERS", "Adapter", "ItemFault", "Limits", "NormalRead", "Parsed"]
