"""The kill matrix: which checks find which defect, as a Markdown page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pollinations_conformance.cli.stock import Stock
from pollinations_conformance.http.text import plural
from pollinations_conformance.suite.registry import REGISTRY


@dataclass
class Kill:
    """What came of one defect."""

    defect: str
    requirement: str
    summary: str
    killers: list[str] = field(default_factory=list[str])
    """Checks that failed and cite the requirement that the defect breaks."""
    others: list[str] = field(default_factory=list[str])
    """Further checks that failed."""
    also: dict[str, str] = field(default_factory=dict[str, str])
    """Further requirements that fail, with the reason."""
    declared: list[str] = field(default_factory=list[str])
    """Further requirements that the defect violates by its definition."""
    untested: dict[str, str] = field(default_factory=dict[str, str])
    """Requirements that are not tested because of the defect, with the reason."""
    reason: str = ""
    whole: bool = False
    """Whether it took the whole suite."""
    seconds: float = 0.0

    @property
    def undeclared(self) -> list[str]:
        """Further requirements that fail and should not."""
        return [name for name in self.also if name not in self.declared]


def table(
    kills: Iterable[Kill], alarms: dict[int, list[str]], stock: Stock, *, recall: bool = False
) -> str:
    """Return the kill matrix as Markdown.

    Args:
        kills: what came of the defects.
        alarms: false alarms on the server without defects, by seed.
        stock: what stock schemathesis made of the defects.
        recall: whether only the checks of each defect's requirement were run, so that nothing is
            known of what else fails.
    """
    kills = sorted(kills, key=lambda item: (item.requirement, item.defect))
    names = {kill.defect for kill in kills}
    caught = {name: said for name, said in stock.caught().items() if name in names}
    dead = [kill for kill in kills if kill.killers]
    rows = [
        "# Kill matrix",
        "",
        "What the conformance suite makes of each defect of the reference server. Made by",
        "`make mutants`; not to be edited.",
        "",
        *_recall(kills),
        *([] if recall else _precision(kills)),
        *_silence(alarms),
        *_stock(kills, stock, caught),
        "",
        *_rows(kills, caught, recall),
        *_idle(dead),
    ]
    return "\n".join(rows) + "\n"


def _recall(kills: Sequence[Kill]) -> list[str]:
    dead = sum(bool(kill.killers) for kill in kills)
    return [
        f"- **{dead} of {len(kills)} defects are killed** by a check that cites the requirement "
        "which the defect breaks."
    ]


def _precision(kills: Sequence[Kill]) -> list[str]:
    alone = sum(not kill.also for kill in kills)
    wide = sum(bool(kill.undeclared) for kill in kills)
    return [
        f"- **Precision: {alone} of {len(kills)} ({100 * alone / max(1, len(kills)):.1f} %)** make no "
        f"other requirement fail. {plural(len(kills) - alone - wide, 'defect')} more violate others "
        f"by their definition; {wide} make one fail that they should not. What depends on the "
        f"requirement that fails is reported as not tested because of it: "
        f"{sum(len(kill.untested) for kill in kills) / max(1, len(kills)):.1f} on average."
    ]


def _silence(alarms: Mapping[int, list[str]]) -> list[str]:
    if not alarms:
        return []
    loud = sum(map(bool, alarms.values()))
    return [
        f"- The server without defects was run with {len(alarms)} seeds "
        f"({min(alarms)} to {max(alarms)}): {loud} false alarms."
    ]


def _stock(kills: Sequence[Kill], stock: Stock, caught: Mapping[str, list[str]]) -> list[str]:
    if not caught:
        return []
    untrue = sorted({said for each in stock.honest.values() for said in each})
    return [
        f"- Stock `schemathesis run` {stock.schemathesis} with its default settings, run against "
        f"{'all' if len(caught) == len(kills) else f'{len(caught)} (drawn by lot)'} of these "
        f"defects, notices **{sum(map(bool, caught.values()))}** of {len(caught)}. Server and "
        f"seed ({stock.seed}) are the same; it is given the operations of the "
        "requirement, if not all, and no limit of time. The column names its checks that failed. "
        f"What it reports of the server without defects as well ({', '.join(untrue) or 'nothing'}) is not "
        "counted."
        + ("" if len(caught) == len(kills) else " Where the column is empty, it was not run.")
    ]


def _rows(kills: Sequence[Kill], caught: Mapping[str, list[str]], recall: bool) -> list[str]:
    titles = ["requirement", "defect", "killed by"]
    titles += [] if recall else ["also fails", "not tested"]
    titles += ["s", "stock"] if caught else ["s"]
    rows = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    return [*rows, *(_row(kill, caught, recall) for kill in kills)]


def _row(kill: Kill, caught: Mapping[str, list[str]], recall: bool) -> str:
    names = ", ".join(f"`{name}`" for name in kill.killers) or "**survives**"
    if not kill.killers and kill.others:
        names += f" (seen by {', '.join(kill.others[:3])})"
    row = f"| {kill.requirement} | {kill.defect} | {names} |"
    if not recall:
        also = ", ".join(name if name in kill.declared else f"**{name}**" for name in kill.also)
        row += f" {also} | {', '.join(kill.untested)} |"
    row += f" {kill.seconds:.1f} |"
    if caught:
        codes = sorted({said.split()[0] for said in caught.get(kill.defect, [])})
        row += f" {', '.join(codes) or ('no' if kill.defect in caught else '')} |"
    return row


def _idle(dead: Sequence[Kill]) -> list[str]:
    """Return which checks kill no defect, and which only such as another one kills as well."""
    used = {name for kill in dead for name in kill.killers}
    idle = sorted(set(REGISTRY) - used)
    doubled = sorted(
        name
        for name in used & set(REGISTRY)
        if all(
            any(other != name and other in REGISTRY for other in kill.killers)
            for kill in dead
            if name in kill.killers
        )
    )
    return [
        "",
        "## Checks that kill no defect",
        "",
        "Candidates for removal, unless their docstring explains why no defect is possible.",
        "",
        *([f"- `{name}`: {REGISTRY[name].description}" for name in idle] or ["None."]),
        "",
        "## Checks whose every kill another written check makes as well",
        "",
        *([f"- `{name}`" for name in doubled] or ["None."]),
    ]
