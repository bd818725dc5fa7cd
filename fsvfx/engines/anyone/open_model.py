"""Base of models that put anyone's face on anyone: identities as codes, adversaries, previews of pairs."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.critics import Critics, gradient_penalty, told_apart
from fsvfx.engines.anyone.likeness import STILL, Disturbance, apart, embedded, judge, unit
from fsvfx.engines.anyone.settings import OpenSettings
from fsvfx.engines.priors import KeepsPrior
from fsvfx.engines.samples import Known, Looks, Pairs
from fsvfx.engines.supervision import Supervision
from fsvfx.engines.trainable import Model, Pace, Prediction
from fsvfx.faces.embedding import NETWORK
from fsvfx.identity.contract import IdentityNetwork
from fsvfx.identity.registry import network

_DIRECTIONS = 48
"""Number of directions in which the linear prior's faces vary."""
_WHOLE = 0.99


class OpenModel(KeepsPrior, Model[Pairs]):
    """Swaps by a code: the identity's mean vector, by the network that stages take, as a direction about that network's
    center. The network itself takes part in training alone.

    What is common to all: the generator's turn, and the adversaries', which look at photographs and swaps; a prior as
    three more channels beside the target, and where the truth is known.
    """

    def __init__(self, settings: OpenSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.people, self.resolution = people, settings.resolution
        self.centre: Tensor
        self.register_buffer("centre", torch.from_numpy(network(NETWORK).centre))
        self.critics: Critics | None = None
        if settings.gan > 0:
            self.critics = Critics(settings.critic_scales, settings.critic_width, settings.critic_depth)
        if settings.prior == "linear":
            self.make_room(len(self.centre), _DIRECTIONS)
        self._sizes = settings
        self._disturbance = Disturbance() if settings.disturbed else STILL
        self._judges: tuple[IdentityNetwork, ...] = ()
        self._step = 0

    def begin(self, device: str) -> None:
        """Raises ModelError if the identity network's weights are missing."""
        self._judges = (judge(NETWORK),)

    @property
    def supervision(self) -> Supervision:
        """Its inputs besides targets and codes."""
        return self._sizes

    @property
    def inputs(self) -> int:
        """Number of channels of its generator's input."""
        return 3 if self._sizes.prior == "none" else 6

    @property
    def code_length(self) -> int:
        """Length of a code."""
        return len(self.centre)

    @abstractmethod
    def swap(self, pictures: Tensor, codes: Tensor, prior: Tensor | None = None) -> Prediction:
        """The faces of ``codes`` (b, d), of length 1, in the performance of pictures (b, 3, R, R).

        prior: (b, 3, R, R), as in ``Pairs``, for models that see one.
        """

    @abstractmethod
    def generators(self) -> list[nn.Parameter]:
        """The parameters that the generator's turn updates."""

    @abstractmethod
    def generator_terms(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        """The loss terms of the generator's turn. ``codes`` (b, d): of the batch's sources."""

    def turns(self) -> tuple[str, ...]:
        return ("generator", "critics") if self.critics else ("generator",)

    def pace(self, turn: str) -> Pace:
        return Pace(betas=(0.0, 0.999), begins=self._sizes.gan_from if turn == "critics" else 0)

    def parameters_of(self, turn: str, *, random_warp: bool = True) -> list[nn.Parameter]:
        return list(self.critics.parameters()) if turn == "critics" and self.critics else self.generators()

    def advance(self, step: int) -> None:
        self._step = step

    def forward(self, batch: Pairs, turn: str = "generator") -> dict[str, Tensor]:
        codes = self.codes_in(batch)
        return self._told_apart(batch, codes) if turn == "critics" else self.generator_terms(batch, codes)

    def swapped(self, batch: Pairs, codes: Tensor) -> Prediction:
        """The batch's targets with the faces of ``codes`` (b, d)."""
        return self.swap(batch.target.crop, codes, batch.prior)

    def codes_in(self, batch: Pairs) -> Tensor:
        """(b, d): the codes of the identities in the batch's swaps."""
        return self.codes_of(batch.source)

    def codes_of(self, looks: Looks) -> Tensor:
        """(b, d): the codes of these faces."""
        return self.codes(looks.code)

    def codes(self, vectors: Tensor) -> Tensor:
        """Vectors (b, d) of the identity network as codes of length 1."""
        return unit(vectors, self.centre)

    def identity_terms(self, weight: float, made: Tensor, looks: Looks, codes: Tensor) -> dict[str, Tensor]:
        """``identity``: mean of 1 - cosine between codes and what the identity network makes of faces that lie where
        ``looks`` do, weighted.

        None of it without a weight, and before the iteration at which it enters: it costs more than a small model.
        """
        if not weight or self._step < self._sizes.identity_from:
            return {}
        vectors = [
            embedded(self._judges[0], made, looks.landmarks, self._disturbance) for _ in range(self._sizes.chips)
        ]
        return {"identity": weight * torch.stack([apart(each, codes, self.centre).mean() for each in vectors]).mean()}

    @property
    def contested(self) -> Critics | None:
        """The adversaries, from the iteration at which they start."""
        return self.critics if self._step >= self._sizes.gan_from else None

    def vectors(self, looks: Looks) -> Tensor:
        """(b, d): the identity network's vectors of unchanged faces."""
        return embedded(self._judges[0], looks.crop, looks.landmarks)

    def metrics(self, held_out: Pairs) -> dict[str, Tensor]:
        """Its losses, without reconstruction of strangers, whose truth is unknown."""
        terms = super().metrics(held_out)
        if not known(held_out).sure.any():
            terms.pop("reconstruction", None)
        return terms

    def previews(self, held_out: Pairs, rows: int) -> list[list[Tensor]]:
        """Targets, sources, swaps; and the targets with their own code. Of models that see a prior, that and swaps.

        And their masks, of models that learn them.
        """
        target, source = held_out.target, held_out.source
        made = self.swapped(held_out, self.codes_in(held_out))
        columns = [target.crop, source.crop]
        if held_out.prior is not None:
            columns += [held_out.prior, made.rgb]
        else:
            columns += [made.rgb, self.swapped(held_out, self.codes_of(target)).rgb]
        if made.mask is not None:
            columns.append(made.mask.expand_as(made.rgb))
        return [[each[:rows] for each in columns]]

    def _told_apart(self, batch: Pairs, codes: Tensor) -> dict[str, Tensor]:
        assert self.critics
        real = photographs(batch)
        with torch.no_grad():
            made = self.swapped(batch, codes).rgb
        terms = {"hinge": told_apart(self.critics(real), self.critics(made))}
        if self._sizes.penalty:
            terms["penalty"] = self._sizes.penalty * gradient_penalty(self.critics, real, made)
        return terms


def beside(pictures: Tensor, prior: Tensor | None) -> Tensor:
    """A generator's input: pictures (b, 3, R, R), and the prior's three channels if there is one."""
    return pictures if prior is None else torch.cat([pictures, prior], 1)


def known(batch: Pairs) -> Known:
    """What the swaps should be, and where that is known."""
    return batch.known or Known(batch.target.crop, batch.same[:, None, None, None].to(batch.target.crop))


def with_context(batch: Pairs, kept: Tensor) -> Known:
    """The truth; and where that is not known, the target as far as it is to be ``kept`` (b, 1, R, R): so pairs of two
    people teach something, too."""
    told, target = known(batch), batch.target.crop
    return Known(torch.lerp(target, told.truth, told.sure), told.sure + (1 - told.sure) * kept)


def where_known(apart: Tensor, sure: Tensor) -> Tensor:
    """Mean of differences (b, 3, R, R) where the truth is ``sure`` (b, 1, R or 1, R or 1): elsewhere nobody knows it.
    0 if it is known nowhere."""
    each = apart.mean(1, keepdim=True)
    share = sure.expand_as(each)
    return (each * share).sum() / share.sum().clamp_min(1)


def background(made: Tensor, target: Looks) -> Tensor:
    """Mean absolute difference of swaps (b, 3, R, R) from the targets outside their faces."""
    return where_known((made - target.crop).abs(), 1 - target.mask)


def photographs(batch: Pairs) -> Tensor:
    """(b, 3, R, R): real pictures for the adversaries: a truth that is known everywhere, else the target."""
    if batch.known is None:
        return batch.target.crop
    whole = batch.known.sure.amin((1, 2, 3), keepdim=True) > _WHOLE
    return torch.where(whole, batch.known.truth, batch.target.crop)
