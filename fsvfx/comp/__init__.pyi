from . import (
    blend as blend,
    choices as choices,
    colours as colours,
    expressions as expressions,
    face as face,
    finish as finish,
    highlights as highlights,
    matte as matte,
    patch as patch,
    poisson as poisson,
    transfer as transfer,
)
from .patch import CompositedEntry as CompositedEntry, Patch as Patch, apply as apply, paste as paste
