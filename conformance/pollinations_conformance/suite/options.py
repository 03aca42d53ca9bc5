"""What the caller of a run chose."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Shard:
    """One part of a run that is split over several machines.

    Args:
        number: which, counted from 1.
        of: how many there are.
    """

    number: int
    of: int

    def share(self, weights: Mapping[str, float]) -> set[str]:
        """Return the names that belong to this shard: the heavy ones first, each to the lightest.

        Every shard comes to the same division by itself, whatever the seed.
        """
        loads = [0.0] * self.of
        mine: set[str] = set()
        for name, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
            lightest = loads.index(min(loads))
            loads[lightest] += weight
            if lightest == self.number - 1:
                mine.add(name)
        return mine


@dataclass(frozen=True)
class Options:
    """Which part of the suite a run executes, and how.

    Args:
        seed: decides about order and random values.
        tags: only requirements of these tags; all when empty.
        requirements: only ids that match one of these patterns; all when empty.
        jobs: checks that run at the same time.
        max_time: seconds for the whole run; None for no limit.
        generated: whether requests are generated from the contract as well.
        examples: generated requests for each operation and kind.
        shard: one part of several; None for everything.
    """

    seed: int = 1
    tags: frozenset[str] = frozenset()
    requirements: tuple[str, ...] = ()
    jobs: int = 4
    max_time: float | None = None
    generated: bool = True
    examples: int = 10
    shard: Shard | None = None

    def selects(self, requirement: str, tag: str) -> bool:
        """Return whether a requirement is selected."""
        if self.requirements and not any(
            fnmatch.fnmatchcase(requirement, pattern) for pattern in self.requirements
        ):
            return False
        return not self.tags or tag in self.tags


@dataclass(frozen=True)
class Settings:
    """Everything that `pollinations-conformance check` takes; see its options.

    Args:
        start: command that starts the service; None when it is running already.
        start_timeout: seconds that it may take to start.
        base_url: URL of the gateway; None for the reference server.
        media_url: URL of the media host, if any.
        api_key_file: file with one key, or with keys by role.
        api_key: a key that was given on the command line.
        tags: see `Options`.
        requirements: see `Options`.
        level: must, should or observed: what fails the run.
        strict: the same as the level observed.
        seed: see `Options`.
        max_time: see `Options`.
        jobs: see `Options`.
        processes: how many share a run against the reference server; None for a sensible number.
        budget: pollen that a run may cost; None for nothing.
        rate: requests per second; None for the default.
        timeout: seconds for one response to be complete.
        generated: see `Options`.
        examples: see `Options`.
        shard: see `Options`.
        database: where failing generated requests are kept, if anywhere.
        known_file: known failures, if any.
        write_known: file that the failures of the run are added to as known ones, if any.
        compare: report of an earlier run that the failures are compared with, if any.
        fail_on: any, or new: which failures fail the run.
        report_dir: where the reports go.
        dry_run: whether only the plan is shown.
        prices: saved model lists for the plan.
        defects: of the reference server.
        annotate: whether to write annotations for GitHub Actions; None to find out.
        verbose: whether to list what passed, too.
    """

    start: str | None = None
    start_timeout: float = 60.0
    base_url: str | None = None
    media_url: str | None = None
    api_key_file: Path | None = None
    api_key: str | None = field(default=None, repr=False)
    tags: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    level: str = "must"
    strict: bool = False
    seed: int = 1
    max_time: float | None = None
    jobs: int = 4
    processes: int | None = None
    budget: float | None = None
    rate: float | None = None
    timeout: float = 60.0
    generated: bool = True
    examples: int = 10
    shard: Shard | None = None
    database: str | None = None
    known_file: Path | None = None
    write_known: Path | None = None
    compare: Path | None = None
    fail_on: str = "any"
    report_dir: Path = Path("reports")
    dry_run: bool = False
    prices: tuple[Path, ...] = ()
    defects: tuple[str, ...] = ()
    annotate: bool | None = None
    verbose: bool = False

    @property
    def options(self) -> Options:
        """What of it concerns the run itself."""
        return Options(
            seed=self.seed,
            tags=frozenset(self.tags),
            requirements=self.requirements,
            jobs=self.jobs,
            max_time=self.max_time,
            generated=self.generated,
            examples=self.examples,
            shard=self.shard,
        )
