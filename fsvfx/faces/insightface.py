"""Networks of insightface's packs, run by insightface itself: always from a local file with a known hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx import extras, models
from fsvfx.errors import InputError, ModelError, Where
from fsvfx.models import packs
from schemas.pack import PackNetwork, Task

FIVE_OF_106 = (tuple(range(33, 43)), tuple(range(87, 97)), (86,), (52,), (61,))
"""Of its 106 points: those around the eyes, and the nose and corners of the mouth; left in the picture first."""
FIVE_OF_68 = (tuple(range(36, 42)), tuple(range(42, 48)), (30,), (48,), (54,))
"""Of the 68 points as numbered by Multi-PIE and 300-W."""


def loaded(pack: str, task: Task) -> Any:
    """A pack's network for a task, as returned by ``insightface.model_zoo.get_model``.

    Raises InputError if it has none, ModelError if its file is missing or does not match its card; MachineError if
    insightface is not installed.
    """
    network = packs.network_of(pack, task)
    if network is None:
        raise InputError(f"The pack '{pack}' has no network for {task}", hint="Add a pack that has one")
    file = models.path(packs.card_name(pack, task))
    return opened(file, network if packs.pack(pack).manifest == "v2" else None)


def opened(file: Path, network: PackNetwork | None = None) -> Any:
    """A file, as insightface recognizes it by its shapes; or, for a ``network`` of the newer packs, as described by its
    card.

    The file exists, so insightface does not look for it elsewhere. Raises MachineError, ModelError.
    """
    extras.require("insightface", what="A network of insightface's packs")
    import onnxruntime
    from insightface.model_zoo import get_model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    said = {} if network is None else {"model_descriptor": _descriptor(file, network)}
    try:
        model = get_model(str(file), providers=["CPUExecutionProvider"], sess_options=options, **said)
    except Exception as error:  # onnxruntime's and protobuf's own error types
        why = " ".join(str(error).split())[:300]
        hint = "Add its pack again with `fsvfx models add`"
        raise ModelError(f"insightface can't open the file: {why}", hint=hint, where=Where(file=str(file))) from error
    if model is None:
        hint = "Check that it comes from one of insightface's packs"
        raise ModelError("insightface does not know this file's shapes", hint=hint, where=Where(file=str(file)))
    return model


def five_points(pack: str, task: Task, rgb: NDArray[np.uint8], box: NDArray[np.floating]) -> NDArray[np.float32]:
    """Eyes, nose, corners of the mouth (5, 2) px of the face in ``box`` (x0, y0, x1, y1) of rgb (H, W, 3) u8.

    From a pack's landmark network. Only for comparison: pictures are cut by FaceMesh's mesh. Raises as ``loaded`` does.
    """
    from insightface.app.common import Face

    model = loaded(pack, task)
    points = model.get(np.ascontiguousarray(rgb[..., ::-1]), Face(bbox=np.asarray(box, np.float32)))
    groups = FIVE_OF_106 if task == "landmarks_106" else FIVE_OF_68
    return np.stack([points[list(group), :2].mean(axis=0) for group in groups]).astype(np.float32)


def _descriptor(file: Path, network: PackNetwork) -> Any:
    """What insightface reads from a newer pack's manifest: taken from the card, which was made from that."""
    from insightface.model_zoo.package_manifest import EMBEDDED_PREPROCESSING, ModelTaskDescriptor

    embedded = (network.mean, network.std) == (0.0, 1.0)
    numbers = EMBEDDED_PREPROCESSING if embedded else {"mean": network.mean, "std": network.std}
    metadata = {"preprocessing": numbers}
    return ModelTaskDescriptor(network.task, file.name, file, file.parent, metadata, network.sha256)
