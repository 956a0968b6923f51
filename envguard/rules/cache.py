"""The rule about conda's package cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.model import Fix, Step


@rule("package-cache-damaged", code=110, severity=Severity.ERROR, needs=("conda_packages", "deep"))
def package_cache_damaged(env: Environment) -> Iterator[Found]:
    """A damaged file is the package cache's own.

    conda does not copy files into an environment, it links them: the file in the environment and the file in the
    cache (`pkgs`) are one. Such a file no longer has the content that conda's record tells. Somebody, or some
    program, has written into it in place.

    Why it matters: every environment that uses this build of the package has the same damage, and every one that will
    be made from the cache gets it. Linking the package again changes nothing, as it comes from the same place.

    How to repair: delete the package's folder from the cache, then let conda link the package again; it is
    fetched anew. Do the same in the other environments that use it.

    Not reported: files that have been replaced rather than written into, as pip and editors mostly do; the cache keeps
    the sound ones then. Only `--deep` finds this, as it needs every file's content.
    """
    if env.deep is None:
        return
    for damage in env.deep.cached:
        package = env.by_record.get(damage.record)
        if package is None:
            continue
        yield Found(
            subject=package.name,
            message=text(
                "{n} file of conda's {package} {version} is damaged in the package cache",
                "{n} files of conda's {package} {version} are damaged in the package cache",
                n=damage.files.count,
                package=package.name,
                version=package.version,
            ),
            evidence=(
                Evidence(
                    text("the same file as in the environment: {files}", files=damage.files.sample), damage.folder
                ),
                Evidence(text("the record tells another content"), package.record),
            ),
            consequence=text(
                "every environment that uses this build of {package} has this damage", package=package.name
            ),
            fixes=_fetch_again(env, damage.folder, steps.restore(env, package), package.name),
        )


def _fetch_again(env: Environment, folder: str, restore: Step, name: str) -> tuple[Fix, ...]:
    title = text("Delete conda's {package} from the cache and fetch it again", package=name)
    off = steps.remove_path(env, folder)
    return (fixes.with_tool(env, title, (off, restore) if fixes.may_write(env) else (off,)),)


RULES: tuple[Rule, ...] = (package_cache_damaged,)
