from . import curves as curves, planes as planes
from .config import config_of as config_of, tables_of as tables_of
from .conversion import convert as convert, rec709_matrix as rec709_matrix
from .display import decode as decode, encode as encode, preview as preview
from .named import DEFAULT_CONFIG as DEFAULT_CONFIG, ENDINGS as ENDINGS, ColourConfig as ColourConfig
from .planes import from_half as from_half, to_half as to_half
from .plate import PlateColour as PlateColour, plate_to_comp as plate_to_comp
from .spaces import (
    check_space as check_space,
    comp_space as comp_space,
    encoding as encoding,
    interop_id as interop_id,
    is_scene_linear as is_scene_linear,
)
