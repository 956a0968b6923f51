"""Reports made by hand, told by every renderer: one per state a reader can meet, and one that is out for mischief."""

from __future__ import annotations

from envguard.model import (
    Certainty,
    Event,
    Evidence,
    Failed,
    Finding,
    Fix,
    Phase,
    Problem,
    Report,
    Safety,
    Severity,
    Skipped,
    Step,
    Summary,
    Verdict,
    Where,
    text,
)

SITE = "lib/python3.11/site-packages"
PREFIX = "/opt/conda/envs/analysis"
MISCHIEF = "<script>document.title='owned'</script>\x1b[31mred\x1b[0m\r\n\u202egnp.exe\u2066 {x} {0} {{y}} & \"'\udcff"
LONG = "a" * 10_000


def summary(**changes: object) -> Summary:
    given = {
        "prefix": PREFIX,
        "name": "analysis",
        "python_version": "3.11.8",
        "platform": "linux-64",
        "base": False,
        "writable": True,
        "conda_packages": 212,
        "distributions": 158,
        "pip_distributions": 0,
    }
    return Summary(**{**given, **changes})  # type: ignore[arg-type] - names are checked by the dataclass


def report(**changes: object) -> Report:
    given = {
        "environment": summary(),
        "phase": Phase.CONDA_ONLY,
        "verdict": Verdict.SOUND,
        "findings": (),
        "skipped": (),
        "failed": (),
        "problems": (),
        "timeline": (),
        "checked": 41,
        "envguard_version": "0.1.0",
        "made_at": "2025-03-14T09:26:53+00:00",
    }
    return Report(**{**given, **changes})  # type: ignore[arg-type] - names are checked by the dataclass


NUMPY = Finding(
    rule="pip-overwrote-conda",
    code=102,
    severity=Severity.ERROR,
    certainty=Certainty.CERTAIN,
    subject="numpy",
    message=text(
        "pip's numpy {pip} lies over conda's numpy {conda}: {n} file of conda was replaced",
        "pip's numpy {pip} lies over conda's numpy {conda}: {n} files of conda were replaced",
        pip="2.1.0",
        conda="1.26.4",
        n=812,
    ),
    consequence=text(
        "{packages} were built against numpy {conda} and can fail on import or compute wrong results",
        packages=("scipy", "pandas", "scikit-learn"),
        conda="1.26.4",
    ),
    evidence=(
        Evidence(
            text("conda's record says numpy {version}", version="1.26.4"),
            "conda-meta/numpy-1.26.4-py311h64a7726_0.json",
        ),
        Evidence(text("pip's record says numpy {version}", version="2.1.0"), f"{SITE}/numpy-2.1.0.dist-info/RECORD"),
        Evidence(
            text("the file's hash is that of pip's record, not of conda's"),
            f"{SITE}/numpy/core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
        ),
    ),
    fixes=(
        Fix(
            text("Take pip's numpy out and put conda's back"),
            (
                Step((f"{PREFIX}/bin/python", "-m", "pip", "uninstall", "--yes", "numpy")),
                Step(("conda", "install", "--prefix", PREFIX, "--force-reinstall", "numpy=1.26.4=py311h64a7726_0")),
            ),
            Safety.REVIEW,
            restart=True,
        ),
        Fix(
            text("Let conda move to numpy 2 with everything that depends on it"),
            (Step(("conda", "install", "--prefix", PREFIX, "numpy>=2.1,<3", "scipy", "pandas", "scikit-learn")),),
            Safety.REVIEW,
            restart=True,
        ),
    ),
)

PANDAS = Finding(
    rule="conda-depends-unmet",
    code=130,
    severity=Severity.ERROR,
    certainty=Certainty.CERTAIN,
    subject="pandas",
    message=text(
        "conda's pandas {version} needs numpy {spec}; the numpy that Python imports is {found}",
        version="2.2.1",
        spec=">=1.26.4,<2.0a0",
        found="2.1.0",
    ),
    consequence=None,
    evidence=(
        Evidence(text("depends: numpy {spec}", spec=">=1.26.4,<2.0a0"), "conda-meta/pandas-2.2.1-py311h320fe9a_0.json"),
    ),
    fixes=(NUMPY.fixes[0],),
)

STALE = Finding(
    rule="stale-module",
    code=300,
    severity=Severity.WARNING,
    certainty=Certainty.LIKELY,
    subject="numpy",
    message=text(
        "This kernel still works with numpy {loaded}, which is no longer on disk ({disk} is)",
        loaded="1.26.4",
        disk="2.1.0",
    ),
    consequence=text("what runs here is not what the next kernel will run"),
    evidence=(Evidence(text("numpy.__version__ in the kernel is {version}", version="1.26.4"), "sys.modules"),),
    fixes=(
        Fix(text("Restart the kernel"), (), Safety.MANUAL, restart=True),
        Fix(
            text("Install into this kernel's environment from the notebook"),
            (Step(("pip", "install", "numpy<2"), Where.CELL), Step(("python", "-c", "import numpy"), Where.TERMINAL)),
            Safety.SAFE,
            restart=True,
        ),
    ),
)

USER_SITE = Finding(
    rule="user-site-shadows",
    code=201,
    severity=Severity.WARNING,
    certainty=Certainty.CERTAIN,
    subject="requests",
    message=text(
        "requests {user} from the user's site folder hides requests {own} of this environment",
        user="2.19.0",
        own="2.31.0",
    ),
    consequence=text("every environment with this Python sees the older requests, whatever is installed in it"),
    evidence=tuple(
        Evidence(
            text("{path} comes before the environment on sys.path", path=f"requests/{name}.py"),
            f"/home/ada/.local/{SITE}/requests/{name}.py",
        )
        for name in ("__init__", "adapters", "api", "auth", "certs", "compat", "cookies", "exceptions", "help")
    ),
    fixes=(
        Fix(
            text("Remove the copy in the user's site folder"),
            (
                Step(
                    (f"{PREFIX}/bin/python", "-m", "pip", "uninstall", "--yes", "requests"),
                ),
            ),
            Safety.REVIEW,
        ),
    ),
)

EDITABLE = Finding(
    rule="editable-install",
    code=141,
    severity=Severity.INFO,
    certainty=Certainty.CERTAIN,
    subject="mylab",
    message=text("mylab is installed in editable mode from {path}", path="/home/ada/src/mylab"),
    consequence=text("an export of this environment would not contain it"),
    evidence=(Evidence(text("direct_url says editable"), f"{SITE}/mylab-0.3.dist-info/direct_url.json"),),
    fixes=(),
)

CHANNELS = Finding(
    rule="channels-not-strict",
    code=500,
    severity=Severity.INFO,
    certainty=Certainty.CERTAIN,
    subject="channel_priority",
    message=text("channel_priority is {value}", value="flexible"),
    consequence=None,
    evidence=(Evidence(text("channel_priority: flexible"), "/home/ada/.condarc"),),
    fixes=(
        Fix(text("Set it to strict"), (Step(("conda", "config", "--set", "channel_priority", "strict")),), Safety.SAFE),
    ),
)

HISTORY = (
    Event(
        "2024-02-01T10:00:00",
        "conda",
        "create",
        ("python=3.11", "numpy", "pandas"),
        "conda create -n analysis python=3.11 numpy pandas",
        "conda-meta/history",
    ),
    Event(None, "pip", "install", ("numpy==2.1.0",), None, f"{SITE}/numpy-2.1.0.dist-info"),
)

SOUND = report()

BROKEN = report(
    environment=summary(pip_distributions=3),
    phase=Phase.CONDA_THEN_PIP,
    verdict=Verdict.BROKEN,
    findings=(NUMPY, PANDAS),
    timeline=HISTORY,
)

STRAINED = report(
    environment=summary(name="base", prefix="/opt/conda", base=True, writable=False, pip_distributions=41),
    phase=Phase.MIXED,
    verdict=Verdict.STRAINED,
    findings=(USER_SITE, STALE, EDITABLE, CHANNELS),
    skipped=(
        *(
            Skipped(rule, text("not collected: {sections}", sections=("process",)))
            for rule in ("two-openmp-runtimes", "wrong-libstdcxx", "cuda-library-mismatch", "module-version-differs")
        ),
        Skipped("shell-pip-targets-other-python", text("there is no shell to ask")),
    ),
    checked=36,
)

HURT = report(
    environment=summary(python_version=None, platform=None, conda_packages=0, pip_distributions=0),
    phase=Phase.NOT_CONDA,
    verdict=Verdict.UNKNOWN,
    failed=(
        Failed(
            "kernelspec-dead",
            "Traceback (most recent call last):\n  File \"kernels.py\", line 9, in dead\nKeyError: 'argv'\n",
        ),
    ),
    problems=tuple(Problem(f"conda-meta/broken-{n}.json", text("not JSON: line {line}", line=n)) for n in range(1, 12)),
    skipped=(Skipped("conda-file-missing", text("not collected: {sections}", sections=("conda_packages",))),),
    checked=2,
)

HOSTILE = report(
    environment=summary(name=MISCHIEF, prefix=f"/tmp/{MISCHIEF}", python_version=MISCHIEF, platform=MISCHIEF),
    phase=Phase.MIXED,
    verdict=Verdict.BROKEN,
    findings=(
        Finding(
            rule="pip-overwrote-conda",
            code=102,
            severity=Severity.ERROR,
            certainty=Certainty.LIKELY,
            subject=MISCHIEF,
            message=text(
                "{package} {version} {missing} over {names}",
                package=MISCHIEF,
                version=LONG,
                names=(MISCHIEF, LONG, *"abc"),
            ),
            consequence=text("{package} is {package.__class__} and {0}", package=MISCHIEF),
            evidence=(Evidence(text("{says}", says=MISCHIEF), f"{MISCHIEF}{LONG}"),),
            fixes=(
                Fix(
                    text("Remove {package}", package=MISCHIEF),
                    (
                        Step(("pip", "uninstall", MISCHIEF)),
                        Step(("pip", "uninstall", MISCHIEF), Where.CELL),
                        Step(("conda", "remove", MISCHIEF), Where.CELL),
                        Step((MISCHIEF,), Where.KERNEL),
                    ),
                ),
            ),
        ),
        Finding(
            rule="editable-install",
            code=141,
            severity=Severity.INFO,
            certainty=Certainty.CERTAIN,
            subject=LONG,
            message=text("{x", x="y"),
            consequence=None,
            evidence=(),
            fixes=(),
        ),
    ),
    skipped=(Skipped("mixed-channels", text("{why}", why=MISCHIEF)),),
    failed=(Failed("wrong-libstdcxx", MISCHIEF), Failed("needed-library-missing", "")),
    problems=(Problem(MISCHIEF, text("{why}", why=MISCHIEF)),),
    timeline=(Event(MISCHIEF, MISCHIEF, MISCHIEF, (MISCHIEF,), MISCHIEF, MISCHIEF),),
)

REPORTS = {"sound": SOUND, "broken": BROKEN, "strained": STRAINED, "hurt": HURT, "hostile": HOSTILE}
