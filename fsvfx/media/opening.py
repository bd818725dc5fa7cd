"""Which kind of plate a path names."""

from __future__ import annotations

from fsvfx.media import remote
from fsvfx.media.held import check_reach
from fsvfx.media.plate import Place, PlateReader
from fsvfx.media.sequence import SequencePlate
from fsvfx.media.sequence_files import has_token, suggestion
from fsvfx.media.video import VideoPlate
from fsvfx.reach import reach_of
from schemas.job import ShotJob
from schemas.templates import PICTURES, suffix


def open_plate(job: ShotJob) -> PlateReader:
    """The shot's plate, checked to have every frame that the shot asks for.

    Videos (mp4, mov, webm, mkv, gif) and image sequences (exr, dpx, png, tiff, jpg), on disk or ``s3://``.
    Raises PlateError (what, which frames, a hint); StoreError if S3 refuses or is out of reach.
    """
    path = job.shot.plate.path
    place = Place(path, job.shot.name, reach_of(job))
    check_reach(place, path)
    if suffix(path) in PICTURES:
        if has_token(path):
            return SequencePlate(job, place)
        raise place.error("a single still is no plate", "Write #### (or %04d) for the frame number in its name")
    local = remote.local_copy(remote.spelled(path))
    if local.is_dir():
        raise place.error("this is a folder", suggestion(local))
    return VideoPlate(job, local, place)
