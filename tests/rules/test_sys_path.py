"""The user's own packages, PYTHONPATH and the working folder: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.errors import CannotTell
from envguard.facts import DirectUrl, Importable
from envguard.machine import PipOption
from envguard.process import Elsewhere, Module, Offer, Stranger
from envguard.rules.sys_path import local_file_shadows, pythonpath_shadows
from envguard.rules.user_site import user_site_active, user_site_not_on_path, user_site_shadows
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, owned, pkg, told

USER = "/home/me/.local/lib/python3.11/site-packages"
FOO, NEEDY = dist("foolib", "2.8.0"), dist("needy", requires=("foolib>=2",))
PATH = f"{SITE}/foolib"
INSTALLED = (Importable("foolib", PATH, None, FOO.path), Importable("needy", f"{SITE}/needy", None, NEEDY.path))

CONDAS = (pkg("python"),)


def place(*names: str | Offer, origin: str = "user-site", path: str = USER, on_path: bool = True, **more) -> Elsewhere:
    """A folder before the environment's own, with modules (`a.py`) and packages (`a`)."""
    offers = tuple(each if isinstance(each, Offer) else Offer(each.partition(".")[0], each) for each in names)
    values = {"place": 0 if on_path else None, "before": on_path, "offers": offers, "strangers": (), **more}
    return Elsewhere(path, origin, **values)


def stranger(name: str, version: str = "2.6.0", **more) -> Stranger:
    return Stranger(name, version, f"{name}-{version}.dist-info", **more)


def where(*places: Elsewhere, dists=(FOO, NEEDY), conda=CONDAS, process=None, importable=INSTALLED, **more):
    return env(conda, dists, elsewhere=places, importable=importable, process=process or kernel(kind="fresh"), **more)


def loaded(name: str, file: str | None):
    return kernel(modules=(Module(name, file),))


ACTIVE = "the user's own packages are on the path: 1 distribution"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (where(place("other", strangers=(stranger("other"),))), [Told("info", "user site", ACTIVE)]),
        # what somebody installed here needs, and only the user's folder has
        (
            where(place("foolib", strangers=(stranger("foolib"),)), dists=(NEEDY,), importable=INSTALLED[1:]),
            [
                Told(
                    "warning",
                    "user site",
                    "1 module comes from the user's own packages, not from this environment: foolib",
                )
            ],
        ),
        # of an extra, or for another system
        (
            where(
                place("foolib", strangers=(stranger("foolib"),)),
                dists=(dist("needy", requires=("foolib; extra == 'x'", 'foolib; sys_platform == "win32"')),),
                importable=(),
            ),
            [Told("info", "user site", ACTIVE)],
        ),
        # what the kernel has really loaded from there
        (
            where(place("other.py"), process=loaded("other", f"{USER}/other.py")),
            [
                Told(
                    "warning",
                    "user site",
                    "1 module comes from the user's own packages, not from this environment: other",
                )
            ],
        ),
        (
            where(place("other.py"), process=loaded("other", f"{USER}/other.py"), conda=(), manager=None),
            [Told("info", "user site", "the user's own packages are on the path: 0 distributions")],
        ),
        # another Python's
        (
            where(place("six.py", path=USER.replace("3.11", "3.8"))),
            [Told("warning", "user site", "the packages of another Python, 3.8, are on the path")],
        ),
        # nothing in it, not on the path, or not the user's folder
        (where(place()), []),
        (where(place(Offer("space", "space", namespace=True))), []),
        (where(place("other", strangers=(stranger("other"),), on_path=False)), []),
        (where(place("other", origin="pythonpath", strangers=(stranger("other"),))), []),
    ],
)
def test_the_users_folder(at, expected):
    assert told(user_site_active, at) == expected


SHADOWED = "the user's own foolib 2.6.0 is imported instead of this environment's 2.8.0"
MINE = place("foolib", strangers=(stranger("foolib"),))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (where(MINE), [Told("warning", "foolib", SHADOWED)]),
        (where(MINE, process=loaded("foolib", f"{USER}/foolib/__init__.py")), [Told("warning", "foolib", SHADOWED)]),
        # a Python that belongs to the system, and the users of it
        (where(MINE, conda=(), manager=None), [Told("info", "foolib", SHADOWED)]),
        (
            where(place("foolib", strangers=(stranger("foolib", "2.8.0"),))),
            [Told("info", "foolib", SHADOWED.replace("2.6.0", "2.8.0"))],
        ),
        # only the dist-info is left
        (
            where(place("other", strangers=(stranger("foolib"),))),
            [
                Told(
                    "warning",
                    "foolib",
                    "foolib is told to be 2.6.0, by what is left of it in the user's own folder; 2.8.0 is imported",
                )
            ],
        ),
        # of the same version, or its code lies elsewhere again
        (where(place(strangers=(stranger("foolib", "2.8.0"),))), []),
        (where(place(strangers=(stranger("foolib", direct=True),))), []),
        # what the kernel has loaded is the environment's own
        (where(MINE, process=loaded("foolib", f"{PREFIX}/{PATH}/__init__.py")), []),
        # other names, a namespace, a folder that is not asked or asked later
        (where(place("other", strangers=(stranger("other"),))), []),
        (where(place(Offer("foolib", "foolib", namespace=True))), []),
        (where(place("foolib", strangers=(stranger("foolib"),), on_path=False)), []),
        (where(place("foolib", strangers=(stranger("foolib"),), before=False)), []),
        # what is installed here is installed for another Python
        (
            where(
                MINE,
                dists=(),
                importable=(Importable("foolib", PATH.replace("3.11", "3.9"), None, None),),
            ),
            [],
        ),
    ],
)
def test_the_users_copy(at, expected):
    assert told(user_site_shadows, at) == expected


def test_the_copy_goes_or_the_folder_is_switched_off():
    found = only(user_site_shadows(where(MINE, process=loaded("foolib", f"{USER}/foolib/__init__.py"))))
    assert commands(found) == [
        [f"{PREFIX}/bin/python -m pip uninstall --yes foolib"],
        [f"{PREFIX}/bin/python -m ipykernel install --sys-prefix --env PYTHONNOUSERSITE 1"],
    ]
    assert [each.source for each in found.evidence] == [f"{USER}/foolib/__init__.py", PATH]


def test_a_stale_dist_info_is_deleted():
    found = only(user_site_shadows(where(place(strangers=(stranger("foolib"),)))))
    assert commands(found) == [[f"rm -r {USER}/foolib-2.6.0.dist-info"]]


HIDDEN = place("foolib", strangers=(stranger("foolib"),), on_path=False)
PIP_USER = (PipOption("user", "yes", "/etc/pip.conf"),)
NOT_FOUND = [Told("warning", "user site", "foolib was installed for the user, where this environment does not look")]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (where(HIDDEN, dists=(NEEDY,)), NOT_FOUND),
        (where(HIDDEN, dists=(NEEDY,), manager="venv"), NOT_FOUND),
        (where(HIDDEN, dists=(), pip_config=PIP_USER), NOT_FOUND),
        (where(HIDDEN, dists=(), process=kernel(variables={"PIP_USER": "1"})), NOT_FOUND),
        # nobody needs it; it is here, too; pip is not set so, or refuses; it is looked at
        (where(HIDDEN, dists=()), []),
        (where(HIDDEN, pip_config=PIP_USER), []),
        (where(HIDDEN, dists=(NEEDY,), conda=(pkg("foolib", provides=()),)), []),
        (where(HIDDEN, dists=(), process=kernel(variables={"PIP_USER": "0"})), []),
        (where(HIDDEN, dists=(), pip_config=PIP_USER, manager="venv"), []),
        (where(MINE, dists=(NEEDY,)), []),
    ],
)
def test_what_is_not_looked_at(at, expected):
    assert told(user_site_not_on_path, at) == expected


HERE = "/home/me/work"
LOCAL = "foolib.py in the working folder is imported instead of the installed foolib"


def local(*names, **more):
    return place(*names, origin="current", path=HERE, **more)


def kern(*modules: Module, **more):
    return kernel(modules=modules, **more)


FINDER = (Importable("foolib", "/home/me/src/foolib", None, FOO.path),)
SPACE = Offer("foolib", "foolib", namespace=True)
HERES = DirectUrl(f"file://{HERE}", editable=False)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # loaded; required by another; asked for by the user
        (
            where(local("foolib.py"), process=loaded("foolib", f"{HERE}/foolib.py")),
            [Told("warning", "foolib", LOCAL)],
        ),
        (where(local("foolib.py"), process=kern()), [Told("warning", "foolib", LOCAL)]),
        (where(local("foolib.py"), dists=(FOO,), process=kern()), [Told("warning", "foolib", LOCAL)]),
        (
            where(
                local("foolib.py"),
                dists=(owned("foolib", requested=False),),
                importable=(Importable("foolib", PATH, None, owned("foolib").path),),
                conda=(pkg("foolib", requested=("foolib",)),),
                process=kern(),
            ),
            [Told("warning", "foolib", LOCAL)],
        ),
        (
            where(local("foolib"), process=kern()),
            [Told("warning", "foolib", LOCAL.replace("foolib.py", "foolib"))],
        ),
        # a folder that nobody requires may be the project itself
        (where(local("foolib"), dists=(FOO,), process=kern()), []),
        (where(local("foolib.py"), dists=(dist("foolib", "2.8.0", requested=False),), process=kern()), []),
        # the kernel has the installed one; another name; a name of projects' own folders
        (where(local("foolib.py"), process=loaded("foolib", f"{PREFIX}/{PATH}/__init__.py")), []),
        (where(local("mine.py"), process=loaded("mine", f"{HERE}/mine.py")), []),
        (
            where(local("tests"), importable=(Importable("tests", f"{SITE}/tests", None, FOO.path),), process=kern()),
            [],
        ),
        # a project that was installed from this folder, or from one round it
        (
            where(
                local("foolib"),
                dists=(dist("foolib", "2.8.0", direct_url=HERES), NEEDY),
                process=loaded("foolib", f"{HERE}/foolib/__init__.py"),
            ),
            [],
        ),
        (
            where(
                local("foolib"),
                importable=(Importable("foolib", f"{HERE}/foolib", None, FOO.path),),
                process=loaded("foolib", f"{HERE}/foolib/__init__.py"),
            ),
            [],
        ),
        # an old folder before an editable install's finder; a namespace does not come before a package
        (
            where(local(SPACE), importable=FINDER, process=loaded("foolib", None)),
            [
                Told(
                    "warning",
                    "foolib",
                    "the folder foolib is imported instead of foolib, which is installed editable",
                )
            ],
        ),
        (
            where(local(SPACE), importable=FINDER, process=kern()),
            [
                Told(
                    "warning",
                    "foolib",
                    "the folder foolib is imported instead of foolib, which is installed editable",
                )
            ],
        ),
        (where(local(SPACE), importable=FINDER, process=loaded("foolib", "/home/me/src/foolib/__init__.py")), []),
        (where(local(SPACE), process=kern()), []),
        # a folder that was added: only what was really loaded from it
        (
            where(place("foolib", origin="added", path="/src"), process=loaded("foolib", "/src/foolib/__init__.py")),
            [
                Told(
                    "warning",
                    "foolib",
                    "foolib in a folder added to the path is imported instead of the installed foolib",
                )
            ],
        ),
        (where(place("foolib", origin="added", path="/src"), process=kern()), []),
        # the standard library
        (
            where(local(Offer("random", "random.py", library=True)), process=loaded("random", f"{HERE}/random.py")),
            [
                Told(
                    "warning",
                    "random",
                    f"random.py in {HERE} is imported instead of the standard library's random",
                )
            ],
        ),
        (where(local(Offer("random", "random.py", library=True)), process=loaded("random", "/usr/lib/random.py")), []),
        (where(local(Offer("random", "random.py", library=True)), process=kern()), []),
    ],
)
def test_a_local_file(at, expected):
    assert told(local_file_shadows, at) == expected


def test_what_a_notebook_meets_is_not_known_without_a_kernel():
    with pytest.raises(CannotTell):
        told(local_file_shadows, where(local("foolib.py")))


def test_a_local_file_gets_another_name():
    found = only(local_file_shadows(where(local("foolib.py"), process=kern())))
    assert commands(found) == [[f"mv {HERE}/foolib.py {HERE}/foolib_local.py"]]


ROS = "/opt/ros/lib/python2.7/dist-packages"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (
            where(place("cv2.so", origin="pythonpath", path=ROS)),
            [
                Told(
                    "error",
                    ROS,
                    "PYTHONPATH names the packages of Python 2.7, and this is Python 3.11",
                )
            ],
        ),
        (
            where(place("foolib", origin="pythonpath", path="/opt/tool")),
            [Told("warning", "/opt/tool", "PYTHONPATH hides 1 installed module: foolib")],
        ),
        # nothing in it, our own Python's, nothing installed, the same version, a project's own folder
        (where(place(origin="pythonpath", path=ROS)), []),
        (where(place("cv2.so", origin="pythonpath", path=ROS.replace("2.7", "3.11"))), []),
        (where(place("mine", "tests", "setup.py", origin="pythonpath", path="/home/me/python3.8/project")), []),
        (where(place("foolib", origin="pythonpath", strangers=(stranger("foolib", "2.8.0"),))), []),
        (
            where(
                place("foolib", origin="pythonpath", path=f"{HERE}/src"),
                dists=(dist("foolib", "2.8.0", direct_url=HERES),),
            ),
            [],
        ),
        (where(place("foolib", origin="pythonpath", path="/opt/tool", before=False)), []),
        (where(MINE), []),
    ],
)
def test_pythonpath(at, expected):
    assert told(pythonpath_shadows, at) == expected


def test_jupyter_is_started_without_the_variable():
    found = only(pythonpath_shadows(where(place("foolib", origin="pythonpath", path="/opt/tool"))))
    assert commands(found) == [["env -u PYTHONPATH jupyter lab"]]
