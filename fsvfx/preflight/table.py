"""The checks before a run, in the order in which they are told. ``docs/preflight.md`` is made from this table."""

from __future__ import annotations

from fsvfx.preflight import inputs, outputs, room
from fsvfx.preflight.contract import Check

CHECKS: tuple[Check, ...] = (
    Check("buckets", "S3 answers, the keys are right, and every bucket is there: of store, plate, references, rotos, "
          "deliverables. What lies in a bucket that can't be used is not looked at further.", outputs.buckets),
    Check("plate", "It can be read as the manifest says, has every frame of the shot, and its headers agree with "
          "`frame_rate`, `timecode` and `color_space`. Eight frames are decoded; one that alone can't be read is told, "
          "and fails its chunk only.", inputs.plate),
    Check("rotos", "Every frame has its matte; eight are read: the plate's size, the layer that is named.",
          inputs.rotos),
    Check("models", "The weights that the shot's stages use are here, with their cards' hashes.", inputs.weights),
    Check("references", "Every file can be read, and a face is seen in one of the first 64 pictures: looked for as the "
          "stage does, until one is found.", inputs.references),
    Check("frame rate", "Reviews and movies have one, from the plate's headers or from `frame_rate`; an MXF's is one "
          "that MXF knows. Frames need none.", outputs.rate),
    Check("codecs", "Each review and movie takes the plate's size: by its standard's limits, and by encoding one "
          "frame. Odd sizes are told: the picture grows by a row or column.", outputs.codecs),
    Check("places", "Deliverables and store can be written: the nearest folder that is there is writable, no folder's "
          "name is a file's, no file's a folder's, no name too long.", outputs.places),
    Check("strangers", "No file that the shot did not deliver lies where a deliverable goes; `--replace` lets them go.",
          outputs.strangers),
    Check("room", "The disks have room for what the store and the frames would take, as far as receipts and the "
          "plate's size tell. S3 is not asked.", room.room),
)  # fmt: skip
