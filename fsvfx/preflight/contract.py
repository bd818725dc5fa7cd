"""What preflight checks look at, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fsvfx import media, runner
from fsvfx.errors import FsvfxError, StoreError
from fsvfx.media import PlateReader, remote
from fsvfx.runner import Plan
from schemas.job import ShotJob


@dataclass(frozen=True)
class Trouble:
    """One thing that the run would meet. ``field``: its place in the manifest, within the shot."""

    field: str
    what: str
    hint: str
    stops: bool = True
    """Whether the shot can't run with it; otherwise it is only reported."""

    @classmethod
    def of(cls, field: str, error: FsvfxError) -> Trouble:
        """What an error says, with its file."""
        file = f" ({error.where.file})" if error.where.file and error.where.file not in error.what else ""
        return cls(field, f"{error.what}{file}", error.hint)

    def __str__(self) -> str:
        return f"{self.field}: {self.what}. {self.hint}"


@dataclass(frozen=True)
class Look:
    """A shot before it runs. What several checks want is opened once; None where it can't be: one check says why."""

    job: ShotJob
    buckets: Buckets
    answers: Answers
    known: Plan | None = None
    """What the ledger has, if that is known already."""

    @cached_property
    def plate(self) -> PlateReader | None:
        """Open, its facts known."""
        try:
            return self.open_plate()
        except FsvfxError:
            return None

    def open_plate(self) -> PlateReader | None:
        """Raises PlateError, StoreError; None if it lies in a bucket that can't be used."""
        return self._opened

    @cached_property
    def _opened(self) -> PlateReader | None:
        if not self.buckets.usable(self.job.shot.plate.path):
            return None
        plate = media.open_plate(self.job)
        plate.info  # noqa: B018  what it raises is wanted
        return plate

    @cached_property
    def plan(self) -> Plan | None:
        """What the ledger has."""
        references = (path for one in self.job.people.values() for path in one.references)
        paths = (self.job.store, self.job.shot.plate.path, *references)
        if self.plate is None or not all(map(self.buckets.usable, paths)):
            return None
        try:
            return self.known or runner.plan(self.job)
        except FsvfxError:
            return None

    def would_run(self, stage: str, unit: str) -> bool:
        """Whether the unit is not done; True if nobody knows."""
        if self.plan is None:
            return True
        return any((one.stage, one.unit.name) == (stage, unit) and not one.is_settled for one in self.plan.entries)


@dataclass(frozen=True)
class Check:
    """A row of the table. ``says``: for the documentation."""

    name: str
    says: str
    find: Callable[[Look], Iterator[Trouble]]


@dataclass
class Answers:
    """What was found is kept for one preflight: shots have people and plates in common."""

    _kept: dict[Hashable, list[Trouble]] = field(default_factory=dict)

    def of(self, question: Hashable, find: Callable[[], Iterable[Trouble]]) -> list[Trouble]:
        """``find()``, unless ``question`` was asked before."""
        if question not in self._kept:
            self._kept[question] = list(find())
        return self._kept[question]


@dataclass
class Buckets:
    """Answers are kept for one preflight."""

    _asked: dict[str, FsvfxError | None] = field(default_factory=dict)

    def trouble(self, url: str) -> FsvfxError | None:
        """Why the bucket of ``url`` can't be used; None if it can, or if ``url`` is a file."""
        if not remote.is_remote(url):
            return None
        bucket = bucket_of(url)
        if bucket not in self._asked:
            self._asked[bucket] = _ask(bucket)
        return self._asked[bucket]

    def usable(self, url: str) -> bool:
        return self.trouble(url) is None


def bucket_of(url: str) -> str:
    return url.removeprefix("s3://").partition("/")[0]


def _ask(bucket: str) -> FsvfxError | None:
    try:
        remote.check_bucket(bucket)
    except StoreError as error:
        return error
    return None


def named(urls: Iterator[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Of each bucket the first field that names it, and how; ``urls``: field, path."""
    found: dict[str, tuple[str, str]] = {}
    for place, url in urls:
        if remote.is_remote(url):
            found.setdefault(bucket_of(url), (place, url))
    return found
