"""Finds model packages: by name and hash, as manifests name them, or by part of the hash, as people do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsvfx.errors import InputError, ModelError, Where
from fsvfx.packages.banks import BANK, FACES, bank_of
from fsvfx.packages.files import CARD, ROSTER, WEIGHTS, card_of, folder_of, unsealed_card
from fsvfx.packages.networks import NETWORK, check_kind, network_of, paths_in
from fsvfx.packages.textures import TEXELS, TEXTURE, texture_of
from fsvfx.reach import Reach, reach_of
from fsvfx.settings import machine
from fsvfx.suggestions import suggestion
from schemas.job import ShotJob, TrainJob
from schemas.network import NetworkCard
from schemas.package import PackageCard

_DIGITS = 12
"""Of a sha256, as people name it: those of its folder."""
STARTERS = Path(__file__).parents[1] / "starters"
"""Packages that come with fsvfx: general models that have learned people who do not exist, and nobody else."""


@dataclass(frozen=True)
class Packages:
    """The folders in which model packages are looked for: a manifest's own first, then the machine's, then fsvfx's.

    reach: the manifest's; links in its ``folder`` lead no further. None: whoever runs fsvfx has named the folder.
    """

    folder: Path | None = None
    reach: Reach | None = None

    @classmethod
    def of(cls, job: ShotJob | TrainJob) -> Packages:
        return cls.within(job.packages, reach_of(job))

    @classmethod
    def within(cls, folder: str, reach: Reach | None = None) -> Packages:
        """``folder``: empty if the manifest has none."""
        return cls(Path(folder), reach) if folder else cls()

    @classmethod
    def given(cls, folder: str) -> Packages:
        """``folder``: a command's ``--packages``; if empty, where its packages go. InputError if it is no folder."""
        if folder and not Path(folder).is_dir():
            hint = "Correct --packages, or leave it out"
            raise InputError(f"There is no folder {folder}", hint=hint, where=Where(file=folder))
        return cls(root_of(folder))

    @property
    def roots(self) -> tuple[Path, ...]:
        return (*([self.folder] if self.folder else ()), *machine().packages, STARTERS)

    def find(self, model: str, sha256: str) -> Path:
        """The package's folder. Raises InputError, with what is available, if none of the roots has it.

        Raises ModelError if its card can't be read.
        """
        for root in self.roots:
            package = folder_of(root, model, sha256)
            if not (package / CARD).is_file():
                continue
            self._check_reach(package / name for name in (CARD, WEIGHTS, ROSTER))
            if unsealed_card(package).sha256 == sha256:
                return package
        raise InputError(
            f"No model package '{model}' with sha256 {sha256}",
            hint=self.available(model),
            where=Where(field="settings.model"),
        )

    def find_network(self, model: str, sha256: str) -> Path:
        """The folder of the user's own network whose card has that digest.

        Raises InputError, with what is available, if none of the roots has it. ModelError if a card of that name can't
        be read, or names files that the manifest may not read.
        """
        for package in self.networks(model):
            card = network_of(package)
            if card.digest == sha256:
                if not _is_shared(Path(os.path.realpath(package / NETWORK))):  # a shared card may name files anywhere
                    self._check_reach(package / name for name in (NETWORK, *(file.path for file in card.files)))
                return package
        raise InputError(
            f"No network '{model}' whose card has sha256 {sha256}",
            hint=self._available_networks(model),
            where=Where(field="settings.model"),
        )

    def find_bank(self, name: str, sha256: str | None = None) -> Path:
        """The folder of the bank of that name, and of that sha256 where it is said.

        Raises InputError, with what is available, if none of the roots has it, or several are named so; ModelError if a
        card can't be read.
        """
        found = {bank_of(package).sha256: package for package in self.banks(name)}
        fitting = {each: package for each, package in found.items() if sha256 in (None, each)}
        if len(fitting) == 1:
            [package] = fitting.values()
            self._check_reach(package / each for each in (BANK, FACES))
            return package
        if fitting:
            hint = f"Give one of these as sha256: {', '.join(fitting)}"
            raise InputError(f"{len(fitting)} banks are named '{name}'", hint=hint)
        if found:
            hint = f"Versions of '{name}': {', '.join(found)}. Give one of these as sha256"
            raise InputError(f"No bank '{name}' has sha256 {sha256}", hint=hint)
        known = sorted({package.parent.name for package in self.banks()})
        build = "Build one with `fsvfx bank build`, or copy it to a folder of packages"
        raise InputError(f"No bank '{name}'", hint=suggestion(name, known, build) if known else build)

    def find_texture(self, named: str) -> Path:
        """The folder of the texture basis ``NAME@`` and its sha256's first digits.

        Raises InputError, with what is available, if none of the roots has it; ModelError if a card can't be read.
        """
        name, _, digits = named.partition("@")
        found = {texture_of(package).sha256: package for package in self.textures(name)}
        for sha256, package in found.items():
            if sha256.startswith(digits):
                self._check_reach(package / each for each in (TEXTURE, TEXELS))
                return package
        known = sorted({f"{each.parent.name}@{texture_of(each).sha256[:_DIGITS]}" for each in self.textures()})
        build = "Build one with `fsvfx texture build`, or copy it to a folder of packages"
        hint = f"Available: {', '.join(known)}. {build}" if known else build
        raise InputError(f"No texture basis '{named}'", hint=hint)

    def textures(self, name: str | None = None) -> list[Path]:
        """The folders of all texture bases, or of those of one name; as ``all`` orders them."""
        return self._folders(name, TEXTURE)

    def banks(self, name: str | None = None) -> list[Path]:
        """The folders of all banks of faces, or of those of one name; as ``all`` orders them."""
        return self._folders(name, BANK)

    def networks(self, model: str | None = None) -> list[Path]:
        """The folders of all users' own networks, or of those of one name; as ``all`` orders them."""
        return self._folders(model, NETWORK)

    def network_named(self, name: str) -> Path:
        """A user's own network as people name it: its folder, its name, or ``NAME@`` and its sha256's first digits.

        Raises InputError if there is none, or several; ModelError if a card can't be read.
        """
        if (Path(name) / NETWORK).is_file():
            return Path(name)
        model, _, digits = name.partition("@")
        digests = {package: network_of(package).digest for package in self.networks(model)}
        fitting = [package for package, digest in digests.items() if digest.startswith(digits)]
        if len(fitting) == 1:
            return fitting[0]
        count = f"{len(fitting)} networks are named" if fitting else "No network is named"
        which = ", ".join(f"{model}@{digest[:_DIGITS]}" for digest in digests.values())
        raise InputError(f"{count} '{name}'", hint=f"Name one of {which}" if which else self._available_networks(model))

    def all(self, model: str | None = None) -> list[Path]:
        """The folders of all packages, or of those of one name; by name, newest card last."""
        return self._folders(model, CARD)

    def _folders(self, model: str | None, card: str) -> list[Path]:
        cards = {file for root in self.roots for file in root.glob(f"{model or '*'}/[!.]*/{card}")}
        return [file.parent for file in sorted(cards, key=lambda file: (file.parent.parent.name, file.stat().st_mtime))]

    def named(self, name: str, sha256: str = "") -> Path:
        """The package as people name it: its folder, or its model and the first digits of its sha256.

        Raises InputError if there is none, or several; ModelError if a card can't be read.
        """
        if (Path(name) / CARD).is_file():
            return Path(name)
        fitting = [package for package in self.all(name) if card_of(package).sha256.startswith(sha256)]
        if len(fitting) == 1:
            return fitting[0]
        which = f"'{name}'" + (f" with a sha256 that begins with {sha256}" if sha256 else "")
        count = f"{len(fitting)} model packages are named" if fitting else "No model package"
        raise InputError(f"{count} {which}", hint=self.available(name))

    def available(self, model: str) -> str:
        """The hint for a package of ``model`` that was not found: its versions, or where packages were looked for."""
        versions = [unsealed_card(package).sha256 for package in self.all(model)]
        if versions:
            return f"Versions of '{model}': {', '.join(versions)}. Give one of these as sha256"
        folders = ", ".join(map(str, self.roots)) or "no folder"
        known = suggestion(model, sorted({package.parent.name for package in self.all()}))
        return f"Searched {folders}; `fsvfx train` makes packages, FSVFX_PACKAGES names folders. {known}"

    def _available_networks(self, model: str) -> str:
        versions = [network_of(package).digest for package in self.networks(model)]
        if versions:
            return f"Versions of '{model}': {', '.join(versions)}. Give one of these as sha256"
        known = suggestion(model, sorted({package.parent.name for package in self.networks()}))
        folders = ", ".join(map(str, self.roots))
        return f"Searched {folders}; `fsvfx models add` makes their cards, FSVFX_PACKAGES names folders. {known}"

    def _check_reach(self, files: Iterable[Path]) -> None:
        """The manifest may read the files, or the machine's owner has put them among the packages, or fsvfx brings
        them."""
        for file in files:
            real = Path(os.path.realpath(file))
            if self.reach is not None and not _is_shared(real) and not self.reach.holds(real):
                raise ModelError(
                    f"The package's {file.name} is a file that the manifest may not read, or a link to one",
                    hint="Copy the package itself there, or have an administrator add it to FSVFX_PACKAGES",
                    where=Where(file=str(file)),
                )


def _is_shared(file: Path) -> bool:
    """Whether everybody on the machine may use it. file: its real path."""
    return any(file.is_relative_to(os.path.realpath(root)) for root in (*machine().packages, STARTERS))


def root_of(folder: str) -> Path:
    """Where the packages of a command go: the folder that is named, else the machine's first, else beside where one
    is."""
    return Path(folder) if folder else next(iter(machine().packages), Path("packages"))


def is_starter(package: Path) -> bool:
    """Whether a package comes with fsvfx."""
    return package.is_relative_to(STARTERS)


def starter_of(engine: str) -> PackageCard | None:
    """The card of an engine's starter, the newest if there are several. Raises ModelError if one can't be read."""
    cards = [unsealed_card(card.parent) for card in STARTERS.glob(f"*/[!.]*/{CARD}")]
    return max((card for card in cards if card.engine == engine), key=lambda card: card.trained_at, default=None)


def card_for(packages: Packages, engine: str, model: str, sha256: str) -> PackageCard:
    """The card of a package of that engine. Raises InputError if there is none, ModelError if it can't be read."""
    card = card_of(packages.find(model, sha256))
    check_engine(card, engine)
    return card


def network_for(packages: Packages, user: str, kind: str, model: str, sha256: str) -> NetworkCard:
    """The card of a user's own network, for a user of that kind; its files are there, and as long as they should be.

    Raises as ``find_network``; InputError if it is of another kind, ModelError if a file is not there.
    """
    package = packages.find_network(model, sha256)
    card = network_of(package)
    check_kind(card, user, kind)
    for file in card.files:
        paths_in(package, file)
    return card


def check_engine(card: PackageCard, engine: str) -> None:
    """Raises InputError if the package is of another engine."""
    if card.engine != engine:
        raise InputError(
            f"The model package '{card.model}' is for engine '{card.engine}', not '{engine}'",
            hint=f"Write engine: {card.engine}",
            where=Where(field="engine"),
        )


def check_knows(model: str, known: Sequence[str], person: str) -> None:
    """Raises InputError if the package ``model`` does not know the person."""
    if person not in known:
        raise InputError(
            f"The model package '{model}' has learned {', '.join(known)}, not '{person}'",
            hint="Name one of them as the identity, or use a package that has learned this person",
            where=Where(field="identity"),
        )
