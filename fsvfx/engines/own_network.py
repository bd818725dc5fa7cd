"""Engines that run users' own networks: their settings, how a face gets to the network and back, its matte."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue

from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Prepared, SwapBatch
from fsvfx.errors import InputError, Where
from schemas.base import Name, Sha256

if TYPE_CHECKING:  # validating a manifest reads the settings, and must not wait for numpy
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.networks.running import FaceNetwork, Made
    from fsvfx.networks.session import Shape
    from schemas.network import DfmCard, SwapperCard

    F32 = NDArray[np.float32]


class NetworkSettings(EngineSettings):
    """Settings of every engine that runs a user's own network: which one, and how."""

    model: Name
    """Name of the network."""
    sha256: Sha256
    """The sha256 of its card, as `fsvfx models list` shows it."""
    provider: Literal["auto", "cpu", "cuda", "tensorrt", "coreml"] = "auto"
    """onnxruntime's provider. `auto` is `cuda` where onnxruntime can use a GPU, else `cpu`. If the one you name can't
    run it, the run fails."""
    batch: int = Field(16, ge=1, le=1024)
    """Faces per batch."""
    boost: int = Field(1, ge=1, le=4)
    """Pixel boost: run the network on pictures this many times as large, in interleaved parts. It takes the square of
    this times as long, and may leave a pattern of as many pixels: the receipt has its strength."""
    matte: Literal["learned*mesh", "learned", "mesh"] = "learned*mesh"
    """Where the swap shows: in the network's own mask, if its card names one; in the mesh of the plate's face; or where
    both agree."""


class OwnNetwork(Engine[Prepared]):
    """An engine that runs a user's own network under its card (``schemas.network``), by onnxruntime.

    Nothing is guessed: inputs are found by the card's names, faces are cut as it says, and errors in it are refused
    where they can be detected. Float32 from the plate's crop to the swap.
    """

    uses_gpu: ClassVar[bool] = True
    Settings: ClassVar[type[EngineSettings]] = NetworkSettings

    settings: NetworkSettings

    @property
    def at_once(self) -> int:
        return self.settings.batch

    @cached_property
    def package(self) -> Path:
        """The card's folder. Raises InputError, ModelError."""
        return self.context.packages.find_network(self.settings.model, self.settings.sha256)

    @cached_property
    def card(self) -> SwapperCard | DfmCard:
        """Raises InputError if the network is of another kind, or does not support the settings."""
        from fsvfx.packages import check_kind, network_of
        from schemas.network import DfmCard, SwapperCard

        card = network_of(self.package)
        check_kind(card, f"engine '{self.name}'", str(self.runs))
        for each in self.unserved(self.settings, card):
            raise InputError(each.what, hint=each.hint, where=Where(field=f"settings.{each.setting}"))
        assert isinstance(card, SwapperCard | DfmCard)
        return card

    @cached_property
    def network(self) -> FaceNetwork:
        """Ready to run. Raises ModelError if the file contradicts the card, MachineError for the provider."""
        from fsvfx.networks.running import opened

        said = self.settings
        return opened(self.package, self.card, provider=said.provider, device=self.device, more=self.further())

    def further(self) -> dict[str, Shape | None]:
        """The inputs that take the identity, and their shapes."""
        return {}

    @abstractmethod
    def made(self, pictures: F32, faces: FaceBatch, prepared: Prepared) -> Made:
        """The network's output for the ``wanted`` faces: pictures (n, kN, kN, 3), framed as its input, RGB."""

    def swap(self, faces: FaceBatch, prepared: Prepared) -> SwapBatch:
        """Each face independently: batching changes nothing. Beyond the network's picture, the plate stays."""
        import numpy as np

        from fsvfx.networks.pictures import cut_faces, laid_back, reach, scaled

        wanted, target = faces.wanted, self.card.target
        crops, meshes = faces.crops[wanted], faces.landmarks[wanted]
        if not len(crops):
            return SwapBatch(crops, crops[..., 0])
        wide = None if faces.wide is None else faces.wide[wanted]
        cut = cut_faces(crops, meshes, target.cut, target.size * self.settings.boost, wide)
        made = self.made(cut.pictures, faces, prepared)
        times, size = made.pictures.shape[1] / cut.pictures.shape[1], crops.shape[1]
        swaps, mattes = np.empty_like(crops), np.empty(crops.shape[:3], np.float32)
        for row, (crop, mesh, matrix) in enumerate(zip(crops, meshes, scaled(cut.matrices, times), strict=True)):
            seen = reach(matrix, made.pictures.shape[1], size)
            swap = laid_back(made.pictures[row], matrix, size)
            swaps[row] = crop + seen[..., None] * (swap - crop)
            mattes[row] = self._matte(made, row, matrix, mesh, size) * seen
        return SwapBatch(swaps, mattes, self._faults(made))

    def figures(self, prepared: Prepared) -> dict[str, JsonValue]:
        """Which provider ran the network."""
        held = self.network.session
        said: dict[str, JsonValue] = {"provider": held.provider}
        if held.beside:
            said["provider_beside"] = [*held.beside]
        return said

    def _faults(self, made: Made) -> dict[str, F32]:
        """Strength of the pixel boost's pattern in each picture."""
        import numpy as np

        from fsvfx.networks.boost import pattern

        times = self.settings.boost
        if times == 1:
            return {}
        return {"boost_pattern": np.array([pattern(each, times) for each in made.pictures], np.float32)}

    def _matte(self, made: Made, row: int, matrix: NDArray[np.float64], mesh: F32, size: int) -> F32:
        import numpy as np

        from fsvfx.comp.matte import hull

        if not made.mattes or self.settings.matte == "mesh":
            return hull(mesh, size)
        both = np.minimum.reduce([each[row] for each in made.mattes.values()])
        learned = self._learned(both, matrix, mesh, size)
        return learned if self.settings.matte == "learned" else learned * hull(mesh, size)

    def _learned(self, mask: F32, matrix: NDArray[np.float64], mesh: F32, size: int) -> F32:
        """A mask (N, N) of the network's picture in the crop, only near the face."""
        from fsvfx.engines.mattes import around, clear, inside
        from fsvfx.networks.pictures import matte_laid_back

        cut, side = self.card.target.cut, len(mask)
        if cut.aligned:  # in the network's own size, as trained packages' masks are
            return matte_laid_back(clear(mask) * around(mesh * (side / size), side), matrix, size)
        if cut.dfl == "head":  # hair, far from the mesh and beyond the crop
            return matte_laid_back(clear(mask), matrix, size) * inside(size)
        return matte_laid_back(clear(mask), matrix, size) * around(mesh, size)
