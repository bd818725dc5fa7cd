from . import (
    addresses as addresses,
    collections as collections,
    colour_tags as colour_tags,
    exr as exr,
    facts as facts,
    files as files,
    pictures as pictures,
    remote as remote,
    sequence as sequence,
    stills as stills,
    timecodes as timecodes,
    video as video,
)
from .plate import RATE_HINT as RATE_HINT, PlateInfo as PlateInfo, PlateReader as PlateReader
from .references import PersonSource as PersonSource, spread as spread
from .sources import (
    OpenedPlate as OpenedPlate,
    RotoSource as RotoSource,
    open_plate as open_plate,
    source_for as source_for,
)
