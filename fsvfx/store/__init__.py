"""A shot's store: objects, keys, the ledger, and stage results in Zarr."""

from fsvfx.store.address import Address, Index, stage_key
from fsvfx.store.claims import Lease, is_live, this_worker
from fsvfx.store.data import StitchedData, open_data
from fsvfx.store.groups import Written, write_result
from fsvfx.store.ledger import Ledger
from fsvfx.store.objects import ShotStore, open_store

__all__ = [
    "Address",
    "Index",
    "Lease",
    "Ledger",
    "ShotStore",
    "StitchedData",
    "Written",
    "address",
    "data",
    "is_live",
    "open_data",
    "open_store",
    "stage_key",
    "this_worker",
    "write_result",
]
