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


def table(kills: Iterable[Kill], alarms: dict[int, list[str]], stock: Stock) -> str:
    """Return the kill matrix as Markdown.

    Args:
        kills: what came of the defects.
        alarms: false alarms on the server without defects, by seed.
        stock: what stock schemathesis made of the defects.
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
        *_summary(kills, alarms, stock, caught),
        "",
        "| requirement | defect | killed by | also fails | not tested | s |"
        + (" stock |" if caught else ""),
        "|---|---|---|---|---|---|" + ("---|" if caught else ""),
        *(_row(kill, caught) for kill in kills),
        *_idle(dead),
    ]
    return "\n".join(rows) + "\n"


def _summary(
    kills: Sequence[Kill],
    alarms: Mapping[int, list[str]],
    stock: Stock,
    caught: Mapping[str, list[str]],
) -> list[str]:
    dead = sum(bool(kill.killers) for kill in kills)
    rows = [
        f"- **{dead} of {len(kills)} defects are killed** by a check that cites the requirement "
        "which the defect breaks.",
    ]
    alone = sum(not kill.also for kill in kills)
    wide = sum(bool(kill.undeclared) for kill in kills)
    rows.append(
        f"- **Precision: {alone} of {len(kills)} ({100 * alone / max(1, len(kills)):.1f} %)** make no "
        f"other requirement fail. {plural(len(kills) - alone - wide, 'defect')} more violate others "
        f"by their definition; {wide} make one fail that they should not. What depends on the "
        f"requirement that fails is reported as not tested because of it: "
        f"{sum(len(kill.untested) for kill in kills) / max(1, len(kills)):.1f} on average."
    )
    if alarms:
        loud = sum(map(bool, alarms.values()))
        rows.append(
            f"- The server without defects was run with {len(alarms)} seeds "
            f"({min(alarms)} to {max(alarms)}): {loud} false alarms."
        )
    if caught:
        untrue = sorted({said for each in stock.honest.values() for said in each})
        rows.append(
            f"- Stock `schemathesis run` {stock.schemathesis} with its default settings, run against "
            f"{'all' if len(caught) == len(kills) else f'{len(caught)} (drawn by lot)'} of these "
            f"defects, notices **{sum(map(bool, caught.values()))}** of {len(caught)}. Server and "
            f"seed ({stock.seed}) are the same; it is given the operations of the "
            "requirement, if not all, and no limit of time. The column names its checks that failed. "
            f"What it reports of the server without defects as well ({', '.join(untrue) or 'nothing'}) is not "
            "counted."
            + ("" if len(caught) == len(kills) else " Where the column is empty, it was not run.")
        )
    return rows


def _row(kill: Kill, caught: Mapping[str, list[str]]) -> str:
    names = ", ".join(f"`{name}`" for name in kill.killers) or "**survives**"
    if not kill.killers and kill.others:
        names += f" (seen by {', '.join(kill.others[:3])})"
    also = ", ".join(name if name in kill.declared else f"**{name}**" for name in kill.also)
    untested = ", ".join(kill.untested)
    row = f"| {kill.requirement} | {kill.defect} | {names} | {also} | {untested} "
    row += f"| {kill.seconds:.1f} |"
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
