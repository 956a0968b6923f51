"""widgets: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.machine import Frontend
from envguard.rules.widgets import widgets_version_mismatch
from tests.rules.facts import PREFIX, Told, commands, dist, env, only, owned, told

LAB = owned("jupyterlab", "4.2.0")
OLD_PAGE = Frontend("/home/me/.local/share/jupyter/labextensions", "3.1.11", "user")
NEW_PAGE = Frontend(f"{PREFIX}/share/jupyter/labextensions", "5.0.13", "env")


@pytest.mark.parametrize(
    ("dists", "frontends", "others"),
    [
        ([LAB, dist("ipywidgets", "8.1.5"), dist("jupyterlab-widgets", "1.1.7")], (), "jupyterlab-widgets 1.1.7"),
        ([LAB, dist("ipywidgets", "8.1.5"), dist("jupyterlab-widgets", "3.0.13")], (NEW_PAGE,), None),
        (
            [LAB, dist("ipywidgets", "7.7.5"), dist("jupyterlab-widgets", "1.1.7"), dist("widgetsnbextension", "3.6")],
            (OLD_PAGE,),
            None,
        ),
        ([LAB, dist("ipywidgets", "7.7.5"), dist("widgetsnbextension", "4.0")], (), "widgetsnbextension 4.0"),
        # the user's folder comes first and holds an old page
        (
            [LAB, dist("ipywidgets", "8.1.5"), dist("jupyterlab-widgets", "3.0.13")],
            (OLD_PAGE, NEW_PAGE),
            "@jupyter-widgets/jupyterlab-manager 3.1.11",
        ),
        # the browser's half is another environment's
        ([dist("ipywidgets", "8.1.5"), dist("jupyterlab-widgets", "1.1.7")], (OLD_PAGE,), None),
        # unknown main versions, and none
        ([LAB, dist("ipywidgets", "9.0"), dist("jupyterlab-widgets", "1.1.7")], (), None),
        ([LAB, dist("ipywidgets", None), dist("jupyterlab-widgets", "1.1.7")], (), None),
        ([LAB], (OLD_PAGE,), None),
    ],
)
def test_mismatch(dists, frontends, others):
    version = next((each.version for each in dists if each.name == "ipywidgets"), None)
    expected = [Told("warning", "ipywidgets", f"ipywidgets {version} does not go with {others}")] if others else []
    assert told(widgets_version_mismatch, env((), dists, frontends=frontends)) == expected


def test_the_partner_is_brought_by_who_brought_the_widgets():
    wrong = dist("jupyterlab-widgets", "1.1.7")
    assert commands(only(widgets_version_mismatch(env((), [LAB, dist("ipywidgets", "8.1.5"), wrong])))) == [
        [f"{PREFIX}/bin/python -m pip install jupyterlab-widgets==3.*"]
    ]
    assert commands(only(widgets_version_mismatch(env((), [LAB, owned("ipywidgets", "8.1.5"), wrong])))) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} jupyterlab_widgets=3"]
    ]
