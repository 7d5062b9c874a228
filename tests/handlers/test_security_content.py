"""Paths, uploads and documents made to get out or to break in: corpora, of which nothing may escape or explode."""

from __future__ import annotations

import json
import os
import stat
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from .conftest import noop_task

SECRET = "kept outside"
PATHS = [
    "../outside/secret.ipynb",
    "a/../../outside/secret.ipynb",
    "./../outside/secret.ipynb",
    "..",
    "../",
    "/",
    "/etc/passwd",
    "//etc/passwd",
    "\\etc\\passwd",
    "..\\outside\\secret.ipynb",
    "a\\..\\..\\outside\\secret.ipynb",
    ".hidden/secret.ipynb",
    "a/.hidden.ipynb",
    ".",
    "link/secret.ipynb",
    "link.ipynb",
    "deep/link/secret.ipynb",
    "loop/loop/secret.ipynb",
    "../served-sibling/secret.ipynb",
    "secret.ipynb\0.txt",
    "file:///etc/passwd",
    "~/secret.ipynb",
    "~root/secret.ipynb",
    "%2e%2e/outside/secret.ipynb",
    "..%2foutside%2fsecret.ipynb",
    "..%c0%afoutside/secret.ipynb",
    "\uff0e\uff0e/outside/secret.ipynb",
    "\u2025/outside/secret.ipynb",
    "C:\\outside\\secret.ipynb",
    "C:/outside/secret.ipynb",
    "\\\\server\\share\\secret.ipynb",
    "|id",
    "$(id)",
    "`id`",
    "a" * 1025,
    "a/" * 500,
    "",
]
NAMES = [
    *PATHS,
    "a/b",
    "a\\b",
    "CON",
    "nul.txt",
    "com1",
    "x.",
    " ",
    "a:b",
    "a\nb",
    "a\x1bb",
    "a\u202eb",
    "n" * 256,
    "*",
    "?",
    "<b>",
]


@pytest.fixture
def outside(jp_root_dir: Path) -> Path:
    """A folder beside the served one with a secret in it, links that lead there, and hidden files."""
    beside = jp_root_dir.parent / "outside"
    notebook = {"cells": [], "metadata": {"kernelspec": {"name": SECRET}}, "nbformat": 4, "nbformat_minor": 5}
    for folder in (beside, jp_root_dir.parent / f"{jp_root_dir.name}-sibling", jp_root_dir / ".hidden"):
        folder.mkdir()
        (folder / "secret.ipynb").write_text(json.dumps(notebook))
    (jp_root_dir / "deep").mkdir()
    links = {"link": beside, "deep/link": beside, "link.ipynb": beside / "secret.ipynb", "loop": jp_root_dir}
    for link, target in links.items():
        (jp_root_dir / link).symlink_to(target)
    return beside


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_no_path_of_the_corpus_leads_out_of_the_served_folder(call, outside, jp_root_dir, settled):
    before = tree(outside)
    task = (await call("POST", "tasks", noop_task())).body["task"]
    for path in PATHS:
        looked = await call("GET", f"notebooks/parameters?path={quote(path)}")
        assert looked.status in (400, 404), (path, looked.body)
        copied = await call("POST", f"tasks/{task['uuid']}/attachments", {"path": path})
        assert copied.status in (400, 404), (path, copied.body)
        notebook = await call("POST", "tasks", noop_task(action={"kind": "notebook", "path": path}))
        assert notebook.status in (400, 404), (path, notebook.body)
        if len(path) < 200:
            command = {"kind": "command", "argv": ["cat", "secret.ipynb"], "cwd": path}
            made = await call("POST", "tasks", noop_task(action=command))
            if made.status == 201:
                started = await call("POST", f"tasks/{made.body['task']['uuid']}/run")
                run = await settled(started.body["run"]["id"])
                assert SECRET not in json.dumps((await call("GET", f"runs/{run['id']}/log")).body), path
        for answer in (looked, copied, notebook):
            assert SECRET not in json.dumps(answer.body)
    assert tree(outside) == before
    assert SECRET not in json.dumps((await call("GET", f"tasks/{task['uuid']}/attachments")).body)


async def test_a_list_of_notebooks_offers_none_from_outside(call, outside, jp_root_dir):
    (jp_root_dir / "own.ipynb").write_text("{}")
    found = (await call("GET", "notebooks")).body["notebooks"]
    assert [entry["path"] for entry in found if "loop" not in entry["path"]] == ["own.ipynb"]


async def test_no_name_of_the_corpus_is_written_anywhere_but_among_the_attachments(raw, call, outside, jp_root_dir):
    task = (await call("POST", "tasks", noop_task())).body["task"]
    path = f"tasks/{task['uuid']}/attachments"
    before = tree(jp_root_dir.parent)
    for name in NAMES:
        uploaded = await raw("POST", f"api/{path}?name={quote(name)}", b"evil", headers={"Content-Type": "text/plain"})
        described = await call("POST", path, {"name": name, "content": b64encode(b"evil").decode()})
        removed = await call("DELETE", f"{path}/{quote(name, safe='')}")
        assert max(uploaded.code, described.status, removed.status) < 500, name
        if uploaded.code == 201:
            assert "/" not in json.loads(uploaded.body)["attachment"]["name"]
    new = {name for name in tree(jp_root_dir.parent) if name not in before}
    kept = f"{jp_root_dir.name}/tmp/chats/{task['uuid']}/"
    assert {name for name in new if not name.startswith((kept, "data/"))} == set()


@pytest.mark.parametrize(
    "identifier",
    ["..", ".", "../..", "..%2f..", "%2e%2e%2f", "a%00b", "a%0d%0aSet-Cookie:%20x", ".hidden", "a%5cb", "x" * 5000],
)
async def test_identifiers_in_addresses_are_no_paths(raw, call, outside, identifier):
    for method, path in [
        ("GET", "tasks/{}"),
        ("PATCH", "tasks/{}"),
        ("DELETE", "tasks/{}"),
        ("GET", "tasks/{}/attachments"),
        ("POST", "tasks/{}/run"),
        ("GET", "runs/{}"),
        ("GET", "runs/{}/log"),
        ("GET", "runs/{}/output"),
        ("POST", "runs/{}/cancel"),
        ("GET", "contexts/{}"),
        ("POST", "contexts/{}/open"),
        ("POST", "contexts/{}/clear"),
        ("POST", "contexts/{}/restart"),
        ("DELETE", "templates/{}"),
    ]:
        body = b"{}" if method == "PATCH" else None
        response = await raw(method, "api/" + path.format(identifier), body)
        assert response.code in (400, 404), (method, path, response.code)
        assert "Set-Cookie" not in response.headers or "x" not in response.headers["Set-Cookie"].split("=")[0]


BOMBS = [
    "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]",
    "a: &a\n  <<: *a",
    "!!python/object/apply:os.system ['touch escaped']",
    "!!python/object/new:subprocess.Popen [['touch', 'escaped']]",
    "!!python/module:os",
    "!!python/name:os.system",
    "!!python/tuple [1]",
    "!!binary /w==",
    "!!set {a}",
    "!!timestamp 2026-01-01",
    "!unknown x",
    "- 1: a",
    "- {null: a}",
    "- {[a]: b}",
    "- .inf",
    "- .nan",
    '- "\\0"',
    '- "\\uD800"',
    "- " + "9" * 5000,
    "[" * 51 + "]" * 51,
    "[" * 1_000_000,
    "{a: " * 1_000_000,
    "- " * 1_000_000,
    "? " * 100_000,
    "%TAG ! tag:evil,2026:\n---\n!x y",
    "\ufeff\x07",
    "a: !!float 1e999",
]


@pytest.mark.parametrize("number", range(len(BOMBS)))
async def test_no_yaml_of_the_corpus_gives_more_than_plain_data(raw, call, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bomb = BOMBS[number]
    inside = "tasks:\n- type: adhoc\n  name: x\n  action:\n    kind: noop-told\n    parameters:\n      value:\n"
    indented = "".join(f"        {line}\n" for line in bomb.splitlines())
    for text in (bomb, f"--- a\n--- {bomb}", inside + indented):
        response = await raw(
            "POST", "api/import", text, headers={"Content-Type": "application/yaml"}, request_timeout=120
        )
        assert response.code == 400, (bomb[:80], response.body[:300])
        told = await call("POST", "import", {"yaml": text})
        assert (told.status, told.error["code"]) in [(400, "bad_yaml"), (400, "invalid"), (400, "bad_json")]
    assert (await call("GET", "tasks")).body["total"] == 0
    assert not list(tmp_path.rglob("escaped"))


async def test_a_template_is_data_and_nothing_in_it_is_carried_out(call):
    evil = "{{ ''.__class__.__mro__ }}{% import os %}${7*7}#{7*7}<%= 7*7 %>"
    saved = await call(
        "POST", "templates", {"name": evil[:200], "description": evil, "task": {"name": evil, "x": [evil]}}
    )
    assert saved.status == 201
    assert saved.body["template"]["task"] == {"name": evil, "x": [evil]}
    assert saved.body["template"]["description"] == evil
    task = (await call("POST", "tasks", noop_task(evil, action={"parameters": {"a": evil}}))).body["task"]
    assert (task["name"], task["action"]["parameters"]) == (evil, {"a": evil})


def modes_of(folder: Path) -> dict[Path, int]:
    return {path: stat.S_IMODE(path.lstat().st_mode) for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def lax():
    """A umask that forbids nobody anything."""
    before = os.umask(0)
    yield
    os.umask(before)


async def test_what_the_scheduler_keeps_is_for_its_user_alone_whatever_the_umask(lax, call, make, settled, extension):
    task = await make(noop_task(action={"says": "hello"}))
    await settled((await call("POST", f"tasks/{task['uuid']}/run")).body["run"]["id"])
    await call("POST", "templates", {"name": "mine", "task": {}})
    modes = modes_of(Path(extension.storage_dir).parents[2])
    assert len(modes) > 6
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


async def test_texts_reach_no_header_and_no_line_of_the_log(raw, call, jp_logging_stream):
    evil = "x\r\nSet-Cookie: evil=1\r\n\r\n<script>"
    for method, path, headers in [
        ("GET", f"api/tasks?q={quote(evil)}", {}),
        ("GET", f"api/runs?cursor={quote(evil)}", {}),
        ("GET", f"api/tasks/{quote(evil, safe='')}", {}),
        ("GET", f"api/runs/{quote(evil, safe='')}/output?download=1", {}),
        ("POST", f"api/tasks/{quote(evil, safe='')}/run", {"Idempotency-Key": "a\tb"}),
        ("GET", "api/tasks", {"If-None-Match": "a\tb"}),
    ]:
        response = await raw(method, path, headers=headers)
        assert response.code < 500
        assert "evil" not in str(response.headers.get_list("Set-Cookie"))
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not any(line.startswith(("Set-Cookie", "<script>")) for line in jp_logging_stream.getvalue().splitlines())


def policy(response) -> dict[str, str]:
    parts = (
        part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";") if part.strip()
    )
    return {name: value for name, _, value in parts}


async def test_the_pages_policy_allows_no_inline_script_no_eval_and_no_other_host(raw, jp_http_port):
    page = policy(await raw("GET", ""))
    assert "unsafe" not in str(page)
    assert page["script-src"] == page["style-src"] == page["default-src"] == "'self'"
    assert page["object-src"] == page["base-uri"] == "'none'"
    own = f"127.0.0.1:{jp_http_port}"
    assert set(page["connect-src"].split()) == {"'self'", f"ws://{own}", f"wss://{own}"}


async def test_a_strange_host_gets_into_no_policy(raw):
    response = await raw("GET", "", headers={"Host": "localhost; script-src *"})
    assert response.code in (400, 403) or "*" not in response.headers["Content-Security-Policy"]


async def test_answers_of_the_api_are_no_documents(raw):
    for path in ("api/tasks", "api/nothing", "api/runs/x/output?format=html"):
        response = await raw("GET", path)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.kernel
async def test_an_output_shown_as_a_page_has_no_origin_no_network_and_no_frame_elsewhere(
    raw, call, settled, jp_root_dir
):
    cell = {"cell_type": "code", "metadata": {}, "source": "'<script>'", "outputs": [], "id": "a"}
    (jp_root_dir / "r.ipynb").write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    task = (await call("POST", "tasks", noop_task(action={"kind": "notebook", "path": "r.ipynb"}))).body["task"]
    run = await settled((await call("POST", f"tasks/{task['uuid']}/run")).body["run"]["id"])
    assert run["state"] == "succeeded", run
    for form in ("html", "file"):
        response = await raw("GET", f"api/runs/{run['id']}/output?format={form}", request_timeout=60)
        output = policy(response)
        assert response.code == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert output["sandbox"] == "allow-scripts"
        assert output["default-src"] == "'none'"
        assert "unsafe-eval" not in str(output)
        assert "connect-src" not in output
        assert output["frame-ancestors"] == "'self'"
