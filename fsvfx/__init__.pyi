from .api.frames import Identity as Identity, Performer as Performer, detect as detect, swap as swap
from .api.progress import Progress as Progress
from .api.results import (
    PlanResult as PlanResult,
    RunResult as RunResult,
    ShotResult as ShotResult,
    StatusResult as StatusResult,
    VerifyResult as VerifyResult,
)
from .api.runs import plan as plan, run as run, status as status, verify as verify
from .api.shown import DetectedFace as DetectedFace, DetectedFaces as DetectedFaces, Swapped as Swapped
from .errors import FsvfxError as FsvfxError
from .executors import Executor as Executor
from .version import __version__ as __version__
