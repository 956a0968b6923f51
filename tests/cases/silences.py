"""What looks like damage and is none, built from seeds as the mechanisms are: envguard says nothing of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cases import errors
from tests.cases.mechanism import Silence
from tests.cases.place import SITE, Place
from tests.cases.watch import asked, files
from tests.cuda import builders
from tests.envs import elves

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Answer, Report
    from tests.cases.draw import Draw


def origin_of_condas(draw: Draw, where: Path) -> Report:
    """conda's packages keep the address of the folder or the branch they were built from."""
    place = Place(where)
    for origin in (
        {"url": f"file:///home/conda/feedstock_root/{draw.name()}/work", "dir_info": {}},
        {
            "url": f"file:///opt/conda/conda-bld/{draw.name()}/work",
            "dir_info": {"editable": draw.random.random() < 0.5},
        },
        {
            "url": f"https://git.example/{draw.name()}",
            "vcs_info": {"vcs": "git", "commit_id": draw.random.randbytes(20).hex()},
        },
    ):
        name, version = draw.name(), draw.version()
        told = {f"{name}-{version}.dist-info/direct_url.json": json.dumps(origin).encode()}
        place.package(name, version, {f"{name}.py": draw.code(), **told})
    return files(where)


def sizes_that_only_grew(draw: Draw, where: Path) -> Answer:
    """An older extension on a newer numpy 1 warns of a size."""
    answer = errors.sizes_of_numpys_types.build(draw, where, True)
    assert not hasattr(answer, "findings")
    return answer  # type: ignore[return-value]


def named_for_the_processor(draw: Draw, where: Path) -> Report:
    """A package is named for the graphics card; only its build string would tell."""
    place = Place(where)
    name, version = draw.pick(("pytorch-gpu", "tensorflow-gpu", "pytorch-cpu")), draw.version(main=2)
    core = name.partition("-")[0]
    place.package(core, version, build=f"cuda126_py311h{draw.random.randbytes(3).hex()}_300")
    place.library(name, version, {}, depends=[f"{core} {version}"])
    return files(where)


def link_for_development(draw: Draw, where: Path) -> Report:
    """A library lies there under three names that are links to one file."""
    stem, version = draw.pick(("libcudart", "libcublas", f"lib{draw.name()}")), draw.version(main=11)
    real, content = f"lib/{stem}.so.{version}", draw.data()
    links = [f"lib/{stem}.so", f"lib/{stem}.so.11.0"]
    place = Place(where)
    listed = [{"_path": link, "path_type": "softlink"} for link in links]
    place.library("cudatoolkit", version, {real: content})
    record = place.at(f"conda-meta/cudatoolkit-{version}-0.json")
    told = json.loads(record.read_text(encoding="utf-8"))
    told["files"] += links
    told["paths_data"]["paths"] += listed
    record.write_text(json.dumps(told), encoding="utf-8")
    for link in links:
        place.at(link).symlink_to(place.at(real).name)
    return files(where)


def loaded_by_another_first(draw: Draw, where: Path) -> Report:
    """An extension needs a library that the package it is made for loads before it."""
    place = Place(where / "env", "lent").package(draw.name(), draw.version())
    owner, library = draw.pick((("torch", "libc10.so"), (draw.name(), f"lib{draw.name()}.so")))
    brought = elves.library(where / "made" / library, soname=library, offers=["call"])
    module = elves.library(where / "made" / "_C.so", wants=["call"], needs=[brought])
    place.wheel(owner, draw.version(), {f"{owner}/__init__.py": b"", f"{owner}/lib/{library}": brought.read_bytes()})
    name = draw.name()
    place.wheel(
        name,
        draw.version(),
        {f"{name}/__init__.py": f"import {owner}\n".encode(), f"{name}/_C.so": module.read_bytes()},
    )
    assert (place.at(SITE) / name / "_C.so").is_file()
    return files(place.path)


def each_finds_its_own_cuda(draw: Draw, where: Path) -> Report:
    """conda's CUDA lies beside a torch whose wheels bring another minor release, and torchvision has a copy of its own."""
    place = Place(where / "env", "lent")
    version, release = draw.pick((("2.4.1", "12.1"), ("2.5.1", "12.4"), ("2.7.1", "12.6")))
    builders.toolkit(place, draw.pick(("11.8", "12.1", "12.8")), ["cudart", "cusparse"])
    families = ["cudart", "cusparse", "cudnn"]
    builders.torch_wheel(builders.nvidia(place, release, families), version, release, families=families)
    builders.torchvision_wheel(place, f"0.{int(version.split('.')[1]) + 15}.{version[-1]}", release)
    return asked(place.python)


def minors_of_one_major(draw: Draw, where: Path) -> Report:
    """A clean install mixes minor releases of CUDA: one library is newer than the rest."""
    place = Place(where / "env", "lent")
    version, release = draw.pick((("2.5.1", "12.4"), ("2.6.0", "12.4"), ("2.7.1", "12.6")))
    builders.torch_wheel(builders.nvidia(place, release, ["cudart"]), version, release, families=["cudart", "cusparse"])
    builders.nvidia(place, "12.8", ["nvjitlink"])
    place.wheel(*builders.wheel(release, "cusparse"))
    return asked(place.python)


def cuda_of_the_machine(draw: Draw, where: Path) -> Report:
    """The machine has a CUDA of another major with its compiler on PATH, and nothing of it is used."""
    place = Place(where / "env", "lent")
    builders.torch_wheel(builders.nvidia(place, "12.4", ["cudart"]), "2.5.1", "12.4", families=["cudart"])
    system = where / f"cuda-{draw.pick(('11.8', '13.0'))}"
    for path, content in (
        ("bin/nvcc", b"#!/bin/sh\n"),
        ("lib64/libcudart.so.13", builders.cuda("libcudart.so.13", "13.0")),
    ):
        (system / path).parent.mkdir(parents=True)
        (system / path).write_bytes(content)
        (system / path).chmod(0o755)
    return asked(place.python, PATH=f"{system}/bin:/usr/bin:/bin")


def chosen_without_cuda(draw: Draw, where: Path) -> Report:
    """Somebody asked for a torch without CUDA, and has it."""
    place = Place(where)
    place.library("cpuonly", "2.0", {}, build="0", channel="pytorch")
    builders.torch_conda(place, f"2.{draw.random.randint(1, 5)}.0", None)
    return files(where)


SILENCES: tuple[Silence, ...] = (
    Silence("origin_of_condas", frozenset((140, 141, 142, 143)), origin_of_condas),
    Silence("sizes_that_only_grew", frozenset((310, 311)), sizes_that_only_grew),
    Silence("named_for_the_processor", frozenset((400,)), named_for_the_processor),
    Silence("link_for_development", frozenset((411,)), link_for_development),
    Silence("loaded_by_another_first", frozenset((343, 421)), loaded_by_another_first),
    Silence("each_finds_its_own_cuda", frozenset((402, 410, 412, 413, 420)), each_finds_its_own_cuda),
    Silence("minors_of_one_major", frozenset((410, 411, 412, 413)), minors_of_one_major),
    Silence("cuda_of_the_machine", frozenset((410, 411, 412, 413, 414, 420)), cuda_of_the_machine),
    Silence("chosen_without_cuda", frozenset((400,)), chosen_without_cuda),
)
