"""What a distribution contains: all that a machine without Node needs, and nothing that belongs to the workshop."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from hatch_build import BUNDLE, EXTENSION

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "jupyter_scheduler_ext" / "static"
LABEXTENSION = ROOT / "jupyter_scheduler_ext" / "labextension"


def build(source: Path, target: str, out: Path) -> Path:
    """Build one target with no program on the PATH, so that it cannot call Node."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
    done = subprocess.run(command, cwd=source, env={**os.environ, "PATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """The wheel as an installer makes it: from the sdist."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return build(source, "wheel", folder / "dist")


def test_an_sdist_has_the_sources_the_tests_and_the_built_front_end(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for path in ("LICENSE", "dev.py", "hatch_build.py", "js/package-lock.json", "js/src/scheduler.ts", "docs/index.md"):
        assert path in names
    assert {f"jupyter_scheduler_ext/static/{name}" for name in BUNDLE} <= names, "hatch_build.py's own list"
    assert {f"jupyter_scheduler_ext/labextension/{name}" for name in EXTENSION} <= names, "hatch_build.py's own list"
    assert "tests/conftest.py" in names
    workshop = {"node_modules", ".venv", ".dev", "__pycache__", ".git", "dist-demo", ".hypothesis"}
    assert not [name for name in names if workshop.intersection(name.split("/"))]


def test_a_wheel_built_from_it_without_node_has_the_front_end_and_enables_the_extension(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (enabled,) = [name for name in names if name.endswith("jupyter_server_config.d/jupyter_scheduler_ext.json")]
        assert '"jupyter_scheduler_ext": true' in archive.read(enabled).decode()
    assert enabled.split("/")[1:5] == ["data", "etc", "jupyter", "jupyter_server_config.d"]
    folder = "jupyter_scheduler_ext/static/"
    static = {name.removeprefix(folder) for name in names if name.startswith(folder)}
    assert static == {path.name for path in STATIC.iterdir() if path.suffix != ".map"}
    assert set(BUNDLE) <= static
    assert "jupyter_scheduler_ext/py.typed" in names
    assert "jupyter_scheduler_ext/templates/scheduler.html" in names
    tops = {name.partition("/")[0].partition("-")[0] for name in names}
    assert tops == {"jupyter_scheduler_ext"}, "a wheel must put nothing else among the packages"


def test_a_wheel_puts_the_extension_where_jupyterlab_looks_and_its_manifest_names_what_is_there(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (prefix,) = [name.removesuffix("install.json") for name in names if name.endswith("/install.json")]
        manifest = json.loads(archive.read(f"{prefix}package.json"))
    assert prefix.split("/", 1)[1] == "data/share/jupyter/labextensions/jupyter-scheduler-ext/"
    placed = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    assert placed == {path.relative_to(LABEXTENSION).as_posix() for path in LABEXTENSION.rglob("*") if path.is_file()}
    assert manifest["jupyterlab"]["_build"]["load"] in placed
    assert manifest["version"] == metadata.version("jupyter-scheduler-ext")


def test_jupyterlab_finds_the_extension_compatible_with_itself_and_enabled(tmp_path):
    """From the folder that the build made, so that it is this one and not an installed one."""
    place = tmp_path / "labextensions" / "jupyter-scheduler-ext"
    shutil.copytree(LABEXTENSION, place)
    env = {**os.environ, "JUPYTER_PATH": str(tmp_path), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "jupyter", "labextension", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    said = re.sub(r"\x1b\[\d*m", "", done.stdout + done.stderr)
    (line,) = [line for line in said.splitlines() if "jupyter-scheduler-ext" in line and " v" in line]
    assert {"enabled", "OK"} <= set(line.split())


def test_an_installation_brings_the_extension_of_jupyterlab_too():
    place = Path(sysconfig.get_path("data")) / "share" / "jupyter" / "labextensions" / "jupyter-scheduler-ext"
    manifest = json.loads((place / "package.json").read_text("utf-8"))
    assert (place / manifest["jupyterlab"]["_build"]["load"]).is_file()


def test_an_installation_enables_the_extension_and_jupyter_can_load_it():
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "server", "extension", "list"], capture_output=True, text=True, check=True
    )
    said = done.stdout + done.stderr
    line = next(line for line in said.splitlines() if "jupyter_scheduler_ext" in line)
    assert "enabled" in line
    after = said[said.index("jupyter_scheduler_ext") :].splitlines()
    assert any("jupyter_scheduler_ext" in one and "OK" in one for one in after), said
