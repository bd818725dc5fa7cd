"""The identity as a vector: computed from pictures by the network named in the card, averaged, mapped, converted.

    pictures -> network -> mean -> length 1, if the card says so -> map or converter -> length 1, if the card says so

The map is a matrix in the network's own file that none of its nodes uses: it is found by name and shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.errors import ModelError, Where
from fsvfx.faces.embedding import vectors_in
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.mean import MeanVector, mean_vector
from fsvfx.identity.registry import network
from fsvfx.networks.pictures import cut_faces, given_to
from fsvfx.networks.session import Provider, Session, session
from fsvfx.packages import file_in
from schemas.network_files import OnnxFile
from schemas.network_identity import IdentityNet, VectorMap, VectorSource
from schemas.network_pictures import PictureInput

F32 = NDArray[np.float32]

ARCFACE = "arcface"
_AT_ONCE = 16


@dataclass(frozen=True)
class Vectors:
    """The processing of a card's vectors. package: the folder of the card; ``file``: the network's own, which has the
    map."""

    package: Path
    file: OnnxFile
    said: VectorSource
    provider: Provider = "auto"
    device: str = "cpu"

    def check(self, shape: tuple[int | None, ...]) -> None:
        """Raises ModelError if the result does not fit the network's input of ``shape``, or a file is missing."""
        wanted = shape[-1]
        if self.said.map is not None:
            rows, columns = self._map.shape
            made, given = columns, rows
        elif self._converter is not None:
            [port], [result] = self._converter.inputs.values(), self._converter.outputs.values()
            made, given = result.shape[-1] or wanted or 0, port.shape[-1] or self._length
        else:
            made = given = self._length
        if given != self._length:
            raise _unfit(self.file, f"its vectors have {self._length} numbers, and are mapped as if they had {given}")
        if wanted is not None and made != wanted:
            raise _unfit(self.file, f"its input '{self.said.input}' takes {wanted} numbers, and vectors have {made}")

    def mean(self, vectors: F32, worth: NDArray[np.floating]) -> MeanVector:
        """From pictures' vectors (m, d), NaN if missing; worth (m,): each picture's weight.

        Directions are averaged; outliers from another person are left out, if the usual distance between pictures of
        one person is known (``same_person``). The mean gets the pictures' mean length. Raises ValueError if there is no
        picture.
        """
        near = np.inf if self.same_person is None else self.same_person
        if self.own is not None:
            mean = mean_vector(vectors, worth, near)
            return replace(mean, vector=_unit(mean.vector)) if self.said.length == "unit" else mean
        mean = mean_vector(_unit(vectors), worth, near)
        lengths = np.linalg.norm(vectors, axis=1)
        long = 1.0 if self.said.length == "unit" else float(np.average(lengths, weights=np.maximum(worth, 1e-3)))
        return MeanVector(np.asarray(mean.vector * np.float32(long)), mean.pictures, mean.left_out)

    @property
    def same_person(self) -> float | None:
        """The distance below which two pictures show one person, as measured for this very network: for fsvfx's own by
        fsvfx, for others by the card. None: not measured."""
        return self.said.net.same_person if self.own is None else self.own.same_person

    @property
    def own(self) -> IdentityNetwork | None:
        """fsvfx's own network that computes the vectors, if the card names one. Raises InputError, ModelError."""
        return registered(self.said.net) if self.said.net.network is not None else None

    @property
    def centre(self) -> F32:
        """(d,): the mean of many people's vectors, if known."""
        return np.zeros(self._length, np.float32) if self.own is None else self.own.centre

    def of(self, crops: F32, landmarks: NDArray[np.floating]) -> F32:
        """(m, d) of single pictures, ready for use; each separately, so that batches do not change any bits."""
        taken = np.concatenate([self.taken(crops[[row]], landmarks[[row]]) for row in range(len(crops))])
        vectors = _unit(taken) if self.said.length == "unit" else taken
        return np.concatenate([self.ready(vector[None]) for vector in vectors])

    def ready(self, vectors: F32) -> F32:
        """(m, d) mapped or converted as the network requires."""
        if self.said.map is not None:
            made = np.asarray(vectors @ self._map, np.float32)
            return _unit(made) if self.said.map.unit_after else made
        if self._converter is not None and self.said.converter is not None:
            [name] = self._converter.inputs
            [made] = self._converter.run({name: vectors}, list(self._converter.outputs))
            return _unit(made) if self.said.converter.unit_after else made
        return vectors

    @cached_property
    def _converter(self) -> Session | None:
        if self.said.converter is None:
            return None
        found = self._session(self.said.converter)
        if len(found.inputs) != 1 or len(found.outputs) != 1:
            raise _unfit(self.said.converter, "a converter has one input and one output")
        return found

    @cached_property
    def _map(self) -> F32:
        assert self.said.map is not None
        return matrix_in(file_in(self.package, self.file), self.said.map)

    @property
    def _length(self) -> int:
        if self.own is not None:
            return self.own.dimensions
        [result] = self._network(self.said.net).outputs.values()
        return result.shape[-1] or network(ARCFACE).dimensions

    def taken(self, crops: F32, landmarks: NDArray[np.floating]) -> F32:
        """(m, d) for pictures (m, S, S, 3) in [0, 1] with landmarks (m, 468, 3) px, as returned by networks."""
        first = self._of(self.said.net, crops, landmarks)
        if self.said.added is None:
            return first
        return _unit(first) + _unit(self._of(self.said.added, crops, landmarks))

    def _of(self, net: IdentityNet, crops: F32, landmarks: NDArray[np.floating]) -> F32:
        if net.network is not None:
            return vectors_in(crops, landmarks, registered(net).name)
        held = self._network(net)
        [name] = held.inputs
        port = PictureInput(input=name, size=net.size, channels=net.channels, mean=net.mean, std=net.std)
        found = []
        for start in range(0, len(crops), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            chips = cut_faces(crops[some], landmarks[some], net.cut, net.size)
            found.append(held.run({name: given_to(port, chips.pictures)}, list(held.outputs))[0])
        return np.concatenate(found) if found else np.zeros((0, self._length), np.float32)

    def _network(self, net: IdentityNet) -> Session:
        """Raises ModelError if this machine's ArcFace differs from the card's."""
        file = net.file if net.file is not None else _arcface(net)
        found = self._session(file)
        if len(found.inputs) != 1 or len(found.outputs) != 1:
            raise _unfit(file, "a network that vectors come from has one input and one output")
        return found

    def _session(self, file: OnnxFile) -> Session:
        return session(self.package, file, provider=self.provider, device=self.device)


def registered(net: IdentityNet) -> IdentityNetwork:
    """fsvfx's own network named in a card. Raises InputError if there is none, ModelError if its weights differ from
    the card's."""
    own = network(str(net.network))
    here = [models.card(name).sha256 for name in own.weights]
    if net.sha256 not in here:
        raise ModelError(
            f"The network needs vectors of the '{own.name}' whose weights have sha256 {net.sha256}; "
            f"this fsvfx's have {', '.join(here) or 'none'}",
            hint="Use the version of fsvfx that exported it, or export it again",
        )
    return own


def matrix_in(path: Path, said: VectorMap) -> F32:
    """The matrix with that name and shape in an ONNX file. Raises ModelError, listing those with the shape."""
    return _matrix(path, said.initializer, said.shape)


@lru_cache(maxsize=4)
def _matrix(path: Path, name: str, shape: tuple[int, int]) -> F32:
    import onnx  # slow, and only needed for such networks
    from onnx import numpy_helper

    graph = onnx.load(path, load_external_data=False).graph
    found = [one for one in graph.initializer if one.name == name and tuple(one.dims) == shape]
    if not found:
        like = ", ".join(one.name for one in graph.initializer if tuple(one.dims) == shape) or "none"
        named = [tuple(one.dims) for one in graph.initializer if one.name == name]
        there = f"has '{name}' as {named[0]}, not as {shape}" if named else f"has no initializer '{name}'"
        raise ModelError(
            f"The network {path.name} {there}; with that shape it has {like}",
            hint="Correct identity.map in its card",
            where=Where(file=str(path)),
        )
    return np.asarray(numpy_helper.to_array(found[0], str(path.parent)), np.float32)


def machine_arcface() -> tuple[Path, str]:
    """This machine's ArcFace, and its sha256. Raises ModelError if there is none, or it does not match its card."""
    return models.path(ARCFACE), models.card(ARCFACE).sha256


def _arcface(net: IdentityNet) -> OnnxFile:
    """ArcFace, or the pack's network that is meant. Raises ModelError if neither is installed."""
    hashes = (net.sha256, *net.same_as)
    of_pack = models.with_weights(*hashes)
    if of_pack is not None and of_pack != ARCFACE:
        path = models.path(of_pack)
        return OnnxFile(path=str(path), sha256=models.card(of_pack).sha256, size=path.stat().st_size)
    path, sha256 = machine_arcface()
    if sha256 not in (net.sha256, *net.same_as):
        raise ModelError(
            f"The network needs vectors of the ArcFace whose sha256 is {net.sha256}; this machine's is {sha256}",
            hint="Get that file; or add this one to identity.net.same_as in the card, if its weights are the same",
            where=Where(file=str(path)),
        )
    return OnnxFile(path=str(path), sha256=sha256, size=path.stat().st_size)


def _unit(vectors: F32) -> F32:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _unfit(file: OnnxFile, why: str) -> ModelError:
    return ModelError(
        f"The network {Path(file.path).name} does not fit its card: {why}",
        hint="Correct its card",
        where=Where(file=file.path),
    )
