from . import comps as comps, contract as contract, kinds as kinds, writes as writes
from .deliver import deliver_chunk as deliver_chunk, deliver_shot as deliver_shot, write_frames as write_frames
from .order import Order as Order
from .ownership import check_free as check_free
from .receipt import is_intact as is_intact
from .verify import delivery_notes as delivery_notes, verify_deliverables as verify_deliverables
