"""``style_transfer`` as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.likeness import judge
from fsvfx.engines.autoencoder.losses import total_variation
from fsvfx.engines.style.album import Album
from fsvfx.engines.style.light import LightNet, light_net
from fsvfx.engines.style.networks import StyleNet
from fsvfx.engines.style.patches import Eye, apart, nearest
from fsvfx.engines.style.settings import StyleSettings
from fsvfx.engines.trainable import Batch, ClosedModel, KeepsPhotos, Prediction, Side
from fsvfx.errors import InputError
from fsvfx.faces.embedding import NETWORK
from fsvfx.identity.dlib_resnet import DlibResnet


class StyleModel(KeepsPhotos, ClosedModel):
    """A single network that turns any face into the identity; the other people are its examples.

    Losses of Korshunova et al. 2017, section 2.2. The networks and photographs that its losses use (feature network,
    light network) are not part of its weights.
    """

    def __init__(self, settings: StyleSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.settings, self.people, self.resolution = settings, people, settings.resolution
        self.most_photos = settings.photos
        self.network = StyleNet(settings.resolution, settings.width)
        self._photos: tuple[Side, ...] = ()
        self._looks: tuple[tuple[Eye, LightNet, Album], ...] = ()

    def keep(self, photos: Side) -> None:
        self._photos = (photos,)

    def begin(self, device: str) -> None:
        """Raises ModelError if the feature network's weights are not installed."""
        [kept] = self._photos
        photos = Side(*(each.to(device) for each in (kept.warped, kept.target, kept.mask, kept.priority)))
        features = judge(NETWORK)
        assert isinstance(features, DlibResnet)
        eye = Eye.used_to(features, self.settings.sight, photos.target)
        lights = light_net().to(device)
        self._looks = ((eye, lights, Album.of(photos, eye, lights)),)

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        """Warped inputs are not used: there is nothing to undo."""
        said, given = self.settings, self._performers(batch)
        weights = {"content": said.content, "style": said.style, "light": said.light, "variation": said.variation}
        found = self._measured(given, self.network(given.target))
        return {name: weight * found[name] for name, weight in weights.items() if weight}

    def metrics(self, held_out: Batch) -> dict[str, Tensor]:
        """Unweighted; and the distance of the unchanged performers from the identity's patches."""
        given = self._performers(held_out)
        untouched = self._measured(given, given.target)["style"]
        return self._measured(given, self.network(given.target)) | {"style_of_plate": untouched}

    def previews(self, held_out: Batch, rows: int) -> list[list[Tensor]]:
        """Performers, swaps, and the identity's most similar photographs."""
        given = self._performers(held_out)
        [(_, lights, album)] = self._looks
        like = album.pictures[album.like(given, lights(given.target), 1)[:, 0]]
        made = self.predict(given.target, self.people[0]).rgb
        return [[each[:rows] for each in (given.target, made, like)]]

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        """Raises InputError for anybody except the identity."""
        if person != self.people[0]:
            raise InputError(f"The network makes only '{self.people[0]}', not '{person}'", hint="Name the identity")
        return Prediction(self.network(pictures).clamp(0, 1), None)

    def restart(self) -> None:
        self.network.begin_quietly()

    def _performers(self, batch: Batch) -> Side:
        """The pictures of everybody except the identity."""
        sides = [batch[person] for person in self.people[1:]]
        parts = zip(*((each.warped, each.target, each.mask, each.priority) for each in sides), strict=True)
        return Side(*(torch.cat(each) for each in parts))

    def _measured(self, given: Side, made: Tensor) -> dict[str, Tensor]:
        """Every term, unweighted. Style is computed in the face only: the rest isn't shown."""
        [(eye, lights, album)] = self._looks
        with torch.no_grad():
            content, light = eye.maps(given.target).content, lights(given.target)
        chosen = album.like(given, light, self.settings.nearest)
        seen = eye.maps(made)
        styles = [
            apart(maps, nearest(maps, others[chosen], self.settings.reach), given.mask)
            for maps, others in zip(seen.style, album.style, strict=True)
        ]
        return {
            "content": apart(seen.content, content),
            "style": torch.stack(styles).sum(),
            "light": nn.functional.mse_loss(lights(made), light),
            "variation": total_variation(made),
        }
