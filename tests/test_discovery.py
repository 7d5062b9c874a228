"""A kernel finds the server that it belongs to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_scheduler_ext.client import NoServer, find_server
from jupyter_scheduler_ext.client.discovery import server_at


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir()
    return folder


def announce(runtime: Path, name: str, **entry: Any) -> None:
    """Write what a running server writes about itself; this process stands for the server's."""
    known = {"pid": os.getpid(), "url": "http://localhost:8888/", "token": "t", "base_url": "/", "sock": ""}
    (runtime / f"jpserver-{name}.json").write_text(json.dumps(known | entry))


def test_without_any_server_the_error_says_what_to_do(runtime: Path) -> None:
    with pytest.raises(NoServer, match="jupyter scheduler-ext"):
        find_server({}, "/", runtime)


def test_the_server_whose_process_started_the_kernel_comes_before_the_one_with_the_deepest_folder(
    runtime: Path, tmp_path: Path
) -> None:
    announce(runtime, "1", root_dir=str(tmp_path), url="http://localhost:1/")
    announce(runtime, "2", root_dir="/elsewhere", url="http://localhost:2/", pid=os.getppid())
    found = find_server({"JPY_PARENT_PID": str(os.getppid())}, tmp_path, runtime)
    assert (found.url, found.origin) == ("http://localhost:2/", "parent")


def test_of_several_servers_the_one_with_the_deepest_folder_around_the_working_folder_is_meant(
    runtime: Path, tmp_path: Path
) -> None:
    inner = tmp_path / "work" / "reports"
    inner.mkdir(parents=True)
    announce(runtime, "1", root_dir=str(tmp_path), url="http://localhost:1/")
    announce(runtime, "2", root_dir=str(tmp_path / "work"), url="http://localhost:2/")
    announce(runtime, "3", root_dir=str(tmp_path / "work" / "rep"), url="http://localhost:3/")
    found = find_server({}, inner, runtime)
    assert (found.url, found.root) == ("http://localhost:2/", str(tmp_path / "work"))


def test_an_entry_without_a_token_is_another_service_and_is_passed_over(runtime: Path, tmp_path: Path) -> None:
    announce(runtime, "1", root_dir=str(tmp_path), url="http://localhost:1/")
    (runtime / "jpserver-mcp.json").write_text(
        json.dumps({"pid": os.getpid(), "url": "http://localhost:3001/", "root_dir": str(tmp_path)})
    )
    assert find_server({"JPY_PARENT_PID": str(os.getpid())}, tmp_path, runtime).url == "http://localhost:1/"


def test_a_server_that_runs_without_authentication_is_found_too(runtime: Path, tmp_path: Path) -> None:
    announce(runtime, "1", root_dir=str(tmp_path), token="")
    assert find_server({}, tmp_path, runtime).token == ""


def test_what_a_dead_server_left_behind_is_passed_over(runtime: Path, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    announce(runtime, "1", root_dir=str(tmp_path), pid=ended.pid)
    with pytest.raises(NoServer):
        find_server({}, tmp_path, runtime)


def test_a_file_that_is_not_json_is_passed_over(runtime: Path, tmp_path: Path) -> None:
    (runtime / "jpserver-9.json").write_text("{")
    announce(runtime, "1", root_dir=str(tmp_path))
    assert find_server({}, tmp_path, runtime).token == "t"


def test_in_jupyterhub_the_environment_names_the_server(runtime: Path, tmp_path: Path) -> None:
    announce(runtime, "1", root_dir=str(tmp_path))
    env = {"JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/ana/", "JUPYTERHUB_API_TOKEN": "hub"}
    found = find_server(env, tmp_path, runtime)
    assert (found.url, found.token, found.origin) == ("http://127.0.0.1:8888/user/ana/", "hub", "hub")


def test_in_jupyterhub_the_folder_is_known_from_the_server_if_the_hub_does_not_tell_it(
    runtime: Path, tmp_path: Path
) -> None:
    announce(runtime, "1", root_dir=str(tmp_path), url="http://localhost:1/")
    env = {"JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/ana/", "JUPYTERHUB_API_TOKEN": "hub"}
    found = find_server(env | {"JPY_PARENT_PID": str(os.getpid())}, tmp_path, runtime)
    assert (found.origin, found.token, found.root) == ("hub", "hub", str(tmp_path))
    assert find_server(env, tmp_path, runtime).root is None


def test_a_server_on_a_unix_socket_is_called_by_its_socket(runtime: Path, tmp_path: Path) -> None:
    announce(runtime, "1", root_dir=str(tmp_path), sock="/run/jupyter.sock", url="http+unix://%2Frun%2Fjupyter.sock/")
    found = find_server({}, tmp_path, runtime)
    assert (found.socket, found.url) == ("/run/jupyter.sock", "http://localhost/")


@pytest.mark.parametrize(
    ("address", "url", "token"),
    [
        ("http://localhost:8888", "http://localhost:8888/", ""),
        ("http://localhost:8888/lab?token=abc", "http://localhost:8888/", "abc"),
        ("localhost:8888/?token=abc", "http://localhost:8888/", "abc"),
        ("https://host/user/ana/lab/tree/a.ipynb", "https://host/user/ana/", ""),
        ("https://host/user/ana/scheduler-ext/", "https://host/user/ana/", ""),
        ("https://host/base", "https://host/base/", ""),
    ],
)
def test_an_address_may_be_copied_from_the_browser(
    address: str, url: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    found = server_at(address)
    assert (found.url, found.token) == (url, token)


@pytest.mark.parametrize("address", ["", "ftp://host/", "http://", "file:///tmp"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not the address of a Jupyter server"):
        server_at(address)


def test_an_address_alone_is_enough_for_a_server_of_ones_own(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    announce(runtime, "1", url="http://localhost:8899/base/", token="its own")
    assert server_at("http://127.0.0.1:8899/base/scheduler-ext/", runtime=runtime).token == "its own"
    assert server_at("http://localhost:8899/other/", runtime=runtime).token == ""
    assert server_at("http://elsewhere.example:8899/base/", runtime=runtime).token == ""
    monkeypatch.setenv("JUPYTER_TOKEN", "said")
    assert server_at("http://localhost:8899/base/", runtime=runtime).token == "said"


def test_finding_a_server_does_not_import_jupyter_server() -> None:
    code = (
        "import sys, jupyter_scheduler_ext.client as c\n"
        "try: c.find_server()\nexcept c.NoServer: pass\n"
        "print([n for n in ('jupyter_server', 'tornado', 'pydantic') if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
