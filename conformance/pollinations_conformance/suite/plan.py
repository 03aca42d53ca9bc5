"""What a run will do: which checks it takes, which run alone, and what they may cost."""

from collections.abc import Sequence
from pathlib import Path

from pollinations_conformance.suite.pricing import (
    Catalogue,
    Model,
    kind_of,
    read_model,
    read_prices,
)
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run

EXAMPLES = "/components/responses/ModelInfos/content/application~1json/examples"
"""Where the contract shows entries of model lists."""


def foreseen(run: Run, files: Sequence[Path] = ()) -> tuple[Catalogue, str, str]:
    """Return the prices that a plan can go by before anything is sent.

    Args:
        run: not prepared.
        files: model lists that were saved from the server; without, the contract's examples.

    Returns:
        The prices, where they are from, and how to know better.

    Raises:
        PriceError: a file cannot be used.
    """
    if files:
        return read_prices(files), f", by {', '.join(str(file) for file in files)}", ""
    examples: list[Model] = []
    for example in run.contract.node(EXAMPLES).values():
        examples += filter(None, map(read_model, example["value"]))
    lists: dict[str, tuple[Model, ...]] = {}
    for model in examples:
        kind = kind_of([model])
        lists[kind] = (*lists.get(kind, ()), model)
    dates = [
        str(item["date"])
        for name, requirement in run.contract.requirements.items()
        if name.startswith("MODELS-INFO-")
        for item in requirement.evidence
    ]
    source = f", by the contract's examples of {max(dates)[:7]}"
    if run.target.embedded:
        return Catalogue(**lists), source, "Nothing is charged for by the embedded server."
    return (
        Catalogue(**lists),
        source,
        "This server's own prices are free to read, for example "
        f"curl -sS {run.target.base_url}/text/models -o text.json, and --prices text.json goes by "
        "them (the same for image and audio). A run reads them before it pays anything.",
    )


def selected(run: Run) -> list[Check]:
    """Return the checks that the options select, in the order in which they run."""
    away = {item.name for item in elsewhere(run)}
    chosen = [item for item in _requested(run) if item.name not in away]
    return sorted(chosen, key=lambda item: (runs_alone(run, item), sum(item.cost.values()) > 0))


def elsewhere(run: Run) -> list[Check]:
    """Return the checks that the options select and that another shard runs."""
    if run.options.shard is None:
        return []
    requested = _requested(run)
    # What pays makes slow requests, and lanes wait; no more need be known to split evenly.
    weights = {
        item.name: 1.0 + sum(item.cost.values()) + (10.0 if item.lane else 0.0)
        for item in requested
    }
    mine = run.options.shard.share(weights)
    return [item for item in requested if item.name not in mine]


def runs_alone(run: Run, item: Check) -> bool:
    """Return whether a check has the server for itself.

    With a server that is sent requests slowly, or is slow itself, the waits that a lane's checks
    look at would be over before they had their turn among others.
    """
    return item.exclusive or (item.lane != "" and not run.target.embedded)


def _requested(run: Run) -> list[Check]:
    return [
        check
        for check in run.checks
        if any(
            run.options.selects(requirement, run.requirement_tag(requirement))
            for requirement in check.requirements
        )
    ]
