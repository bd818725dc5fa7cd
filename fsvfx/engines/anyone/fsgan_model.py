"""FSGAN as the trainer sees it."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from fsvfx.engines.anyone.critics import convinced
from fsvfx.engines.anyone.fsgan_networks import (
    ChangeNet,
    from_around,
    holes,
    inner,
    lit_apart,
    mean_colors,
    solved,
    toned,
)
from fsvfx.engines.anyone.fsnet_networks import PARTS, drawn
from fsvfx.engines.anyone.open_model import OpenModel, known, where_known
from fsvfx.engines.anyone.settings import FsGanSettings
from fsvfx.engines.anyone.turning import moved_along, on_the_way, unseen
from fsvfx.engines.samples import Looks, Pairs
from fsvfx.engines.trainable import Pace, Prediction


class FsGanModel(OpenModel):
    """Its codes are pictures: sources' faces (b, 3, R, R) reenacted on a target's mesh, and a mask (b, 1, R, R) of what
    no view has shown.

    The three networks learn side by side, each of a truth of its own: reenactment where the pair's truth is known, in
    the source's tone and, of two people, without what light does, as both are the blend's affair; completion of
    photographs with holes; blending of what the solver makes of the other two's faces. No truth's loss reaches through
    one network into another; adversaries' and identity network's verdicts do.
    """

    def __init__(self, settings: FsGanSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        self.settings = settings
        sizes = (settings.width, settings.halvings)
        self.reenactor = ChangeNet(3 + len(PARTS), *sizes)
        self.completer = ChangeNet(5 + len(PARTS), *sizes)
        self.blender = ChangeNet(7, *sizes)

    def generators(self) -> list[nn.Parameter]:
        return [weight for part in (self.reenactor, self.completer, self.blender) for weight in part.parameters()]

    def pace(self, turn: str) -> Pace:
        """The generators step as the trainer's settings say."""
        return super().pace(turn) if turn == "critics" else Pace()

    def reenacted(self, pictures: Tensor, meshes: Tensor, wanted: Tensor) -> Tensor:
        """(b, 4, R, R), codes: faces in pictures (b, 3, R, R), with these meshes (b, 468, 3), px, as they are on the
        ``wanted`` ones, in steps of pose; and what is not seen of them.

        In training the number of steps is drawn, so that what is made in between is a face as well.
        """
        most = self.settings.steps
        steps = int(torch.randint(1, most + 1, ())) if self.training else most
        here, now = pictures, meshes
        for after in on_the_way(meshes, wanted, steps):
            moved, marks = moved_along(here, now, after), drawn(after, self.resolution).to(here)
            here, now = moved + self.reenactor(torch.cat([moved * 2 - 1, marks], 1)), after
        return torch.cat([here, unseen(meshes, wanted, self.resolution)], 1)

    def codes_in(self, batch: Pairs) -> Tensor:
        return self.reenacted(batch.source.crop, batch.source.landmarks, batch.target.landmarks)

    def codes_of(self, looks: Looks) -> Tensor:
        return self.reenacted(looks.crop, looks.landmarks, looks.landmarks)

    def seen(self, pictures: Tensor, masks: Tensor, landmarks: Tensor) -> Tensor:
        """(b, 10, R, R), the input for targets: pictures (b, 3, R, R), masks of their faces (b, 1, R, R), drawn
        landmarks (b, 468, 3), px."""
        return torch.cat([pictures, masks, drawn(landmarks, self.resolution).to(pictures)], 1)

    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """From pictures (b, 10, R, R) as made by ``seen``, and codes as made by ``reenacted``. It takes no prior."""
        whole = self.completed(codes[:, :3], codes[:, 3:], pictures[:, 3:4], pictures[:, 4:])
        return Prediction(self._laid(whole + self._change(whole, pictures), pictures).clamp(0, 1), None)

    def swapped(self, batch: Pairs, codes: Tensor) -> Prediction:
        target = batch.target
        return self.swap(self.seen(target.crop, target.mask, target.landmarks), codes)

    def completed(self, faces: Tensor, lost: Tensor, masks: Tensor, marks: Tensor) -> Tensor:
        """Faces (b, 3, R, R), filled in where they are ``lost`` (b, 1, R, R) and unchanged elsewhere.

        masks: (b, 1, R, R), where the faces are; marks: (b, 6, R, R), their landmarks, drawn.
        """
        kept = masks * (1 - lost)
        guess = from_around(faces.detach(), kept)
        change = self.completer(torch.cat([guess * 2 - 1, kept, masks, marks], 1))
        made: Tensor = faces + lost * (guess + change - faces)
        return made

    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        target, source, weight, truth = batch.target, batch.source, self.settings, known(batch)
        wanted = toned(truth.truth, target.mask, source.crop, source.mask)
        pictures = self.seen(target.crop, target.mask, target.landmarks)
        (filled, lost), within = self.filled(batch), inner(target.mask)
        whole = self.completed(codes[:, :3], codes[:, 3:], target.mask, pictures[:, 4:])
        change, goal = self._change(whole, pictures), solved(whole, target.crop, within) - whole.detach()
        apart = codes[:, :3] - wanted
        lit = lit_apart(apart, target.mask) * ~batch.same[:, None, None, None]
        terms = {
            "reconstruction": weight.reconstruction * where_known((apart - lit).abs(), truth.sure * target.mask),
            "completion": weight.completion * where_known((filled - target.crop).abs(), lost),
            "blending": weight.blending * where_known((change - goal).abs(), within),
        }
        terms |= self.identity_terms(weight.identity, self._laid(whole, pictures), target, self.codes(source.code))
        if critics := self.contested:
            terms["gan"] = weight.gan * convinced(critics(self._laid(whole + change, pictures)))
        return terms

    def filled(self, batch: Pairs) -> tuple[Tensor, Tensor]:
        """The targets with holes in them filled (b, 3, R, R), and the holes (b, 1, R, R): drawn ones, and what of the
        target's mesh is not seen in the source's view. The same ones outside of training."""
        target = batch.target
        lost = holes(target.landmarks, self.resolution, None if self.training else Generator().manual_seed(0))
        lost = torch.maximum(lost, unseen(batch.source.landmarks, target.landmarks, self.resolution)) * target.mask
        marks = drawn(target.landmarks, self.resolution).to(target.crop)
        return self.completed(target.crop, lost, target.mask, marks), lost

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """The losses, and how far each part is from its truth, relative to a simple baseline."""
        return super().metrics(held_out) | self.errors_left(held_out)

    def errors_left(self, batch: Pairs) -> dict[str, Tensor]:
        """Of holes, beside filling them with the face's mean color; of the blend, against the solver's, beside pasting:
        0 is the truth, 1 no better than that."""
        target, codes = batch.target, self.codes_in(batch)
        (filled, lost), within = self.filled(batch), inner(target.mask)
        plain = torch.lerp(target.crop, mean_colors(target.crop, target.mask * (1 - lost)), lost)
        pictures = self.seen(target.crop, target.mask, target.landmarks)
        whole = self.completed(codes[:, :3], codes[:, 3:], target.mask, pictures[:, 4:])
        truth = solved(whole, target.crop, within)

        def left(made: Tensor, base: Tensor, goal: Tensor, where: Tensor) -> Tensor:
            return where_known((made - goal).abs(), where) / where_known((base - goal).abs(), where).clamp_min(1e-6)

        return {
            "holes_left": left(filled, plain, target.crop, lost),
            "seam_left": left(whole + self._change(whole, pictures), whole, truth, within),
        }

    def previews(self, held_out: Pairs, rows: int) -> list[list[Tensor]]:
        """Targets, sources, the sources' faces reenacted, swaps."""
        target, codes = held_out.target, self.codes_in(held_out)
        columns = [target.crop, held_out.source.crop, codes[:, :3].clamp(0, 1), self.swapped(held_out, codes).rgb]
        return [[each[:rows] for each in columns]]

    def _change(self, whole: Tensor, pictures: Tensor) -> Tensor:
        """By how much colors of faces are to change to blend into the pictures: as on their rim, on the mean, and what
        the network says beside that."""
        faces, target, mask = whole.detach(), pictures[:, :3], inner(pictures[:, 3:4])
        rim = mean_colors(target - faces, mask - inner(mask))
        seen = torch.cat([self._laid(faces + rim, pictures) * 2 - 1, target * 2 - 1, mask], 1)
        change: Tensor = rim + self.blender(seen)
        return change

    def _laid(self, faces: Tensor, pictures: Tensor) -> Tensor:
        """In the pictures, within the masks' edges."""
        return torch.lerp(pictures[:, :3], faces, inner(pictures[:, 3:4]))
