"""What is said of a change that pip and its like would make to what conda owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.forecast.judged import TOLD, few, of_conda
from envguard.forecast.pip_changes import ANEW
from envguard.forecast_report import Concern, Remark
from envguard.model import Evidence, Severity, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.forecast.case import Case
    from envguard.forecast.glance import Asking
    from envguard.forecast.pip_changes import Change
    from envguard.forecast_report import Foreseen


def breaks(case: Case, change: Change, broken: tuple[tuple[Asking, str], ...]) -> Remark:
    """That what conda's packages ask for would not hold any more; `broken` are those packages, each with its spec."""
    return Remark(
        Concern.BREAKS_CONSTRAINT,
        Severity.ERROR,
        text(
            "{tool} would bring {name} {version}, and conda's {packages} asks for another ({spec})",
            "{tool} would bring {name} {version}, and conda's {packages} ask for others (as {spec})",
            n=len(broken),
            tool=case.command.tool.value,
            name=change.name,
            version=change.version or change.wanted,
            packages=few(asks.record.name for asks, _ in broken),
            spec=broken[0][1],
        ),
        tuple(
            Evidence(
                text("{package} asks for {spec}", package=f"{asks.record.name} {asks.record.version}", spec=spec),
                f"conda-meta/{asks.record.stem}.json",
            )
            for asks, spec in broken[:TOLD]
        ),
        change.name,
    )


def replaces(case: Case, change: Change, foreseen: Foreseen) -> Remark:
    """That a distribution of conda's would be replaced, or hidden by another."""
    assert change.dist is not None
    told = {
        "tool": case.command.tool.value,
        "name": change.name,
        "was": change.dist.version or "?",
        "version": change.version or "",
    }
    if case.beside:
        said = text("{tool} would install another {name}, which hides conda's {was}", **told)
    elif not change.certain:
        said = text("{tool} would replace conda's {name} {was} with the newest, if that is another", **told)
    elif change.version is not None:
        said = text("{tool} would replace conda's {name} {was} with {version}", **told)
    else:
        said = text("{tool} would replace conda's {name} {was}", **told)
    evidence = (Evidence(text("conda owns this"), change.dist.path), *of_conda(foreseen))
    return Remark(Concern.REPLACES_CONDA, Severity.WARNING, said, evidence, change.name)


def is_unstoppable(case: Case, changes: list[Change]) -> bool:
    """Whether an option overrides whatever constraints say, to conda's cost."""
    if not case.look.is_conda or case.beside or not (case.has(*ANEW) or case.command.option("--reinstall-package")):
        return False
    new = any(change.dist is None for change in changes) and case.has(*ANEW) and not case.has("--no-deps")
    return new or any(change.of_conda for change in changes)


def unstoppable(case: Case, changes: list[Change]) -> Remark:
    """That an option installs over conda's packages in spite of any constraint."""
    option = next(each for each in (*ANEW, "--reinstall-package") if case.has(each))
    names = few(change.name for change in changes if change.of_conda)
    tool = case.command.tool.value
    if names:
        said = text(
            "{option} makes {tool} install {names} over conda's own, whatever version is there",
            option=option,
            tool=tool,
            names=names,
        )
    else:
        said = text(
            "{option} makes {tool} install everything the packages depend on once more, over conda's own",
            option=option,
            tool=tool,
        )
    return Remark(Concern.UNSTOPPABLE, Severity.WARNING, said, (), option)


def into_base(case: Case) -> Remark:
    """That the environment is the one in which conda itself runs."""
    said = text("{tool} would install into base, in which conda itself runs", tool=case.command.tool.value)
    return Remark(
        Concern.BASE, Severity.WARNING, said, (Evidence(text("holds conda"), "conda-meta"),), case.look.prefix
    )


def takes_off(case: Case, change: Change, foreseen: Foreseen) -> Iterator[Remark]:
    """What speaks against removing a distribution of conda's."""
    assert change.dist is not None
    told = {"tool": case.command.tool.value, "name": change.name, "was": change.dist.version or "?"}
    evidence = (
        Evidence(text("conda owns this"), change.dist.path),
        Evidence(text("says that conda installed it"), f"conda-meta/{foreseen.record}.json"),
    )
    if foreseen.dependants:
        packages = few(foreseen.dependants)
        said = text(
            "{tool} would remove conda's {name} {was}, which {packages} needs",
            "{tool} would remove conda's {name} {was}, which {packages} need",
            n=len(foreseen.dependants),
            packages=packages,
            **told,
        )
        yield Remark(Concern.BREAKS_CONSTRAINT, Severity.ERROR, said, evidence, change.name)
    said = text("{tool} would remove conda's {name} {was}, and conda would still list it", **told)
    yield Remark(Concern.REPLACES_CONDA, Severity.WARNING, said, evidence, change.name)
    said = text("no constraint keeps {tool} from removing conda's {name}", tool=told["tool"], name=change.name)
    yield Remark(Concern.UNSTOPPABLE, Severity.WARNING, said, (), change.name)
