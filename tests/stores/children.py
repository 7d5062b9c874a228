"""Child processes that do one thing with a store, made by fork: fast enough to kill them by the hundred."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable


class Child:
    """Runs `work(report)` in a forked process; `report` takes whole numbers, `reports` are those that arrived."""

    def __init__(self, work: Callable[[Callable[[int], None]], None]) -> None:
        self._read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(self._read)
                work(lambda number: os.write(write, number.to_bytes(8, "big")))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(write)
        self._reported = b""

    def reported(self, number: int = 1) -> None:
        """Wait for so many reports more."""
        for _ in range(number):
            self._reported += os.read(self._read, 8)

    def kill(self) -> list[int]:
        """SIGKILL, now; what it reported before."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()[1]

    def wait(self) -> tuple[int, list[int]]:
        """Its exit code (negative: killed by that signal) and its reports."""
        content = self._reported
        while part := os.read(self._read, 1 << 16):
            content += part
        os.close(self._read)
        _, status = os.waitpid(self.pid, 0)
        reports = [int.from_bytes(content[start : start + 8], "big") for start in range(0, len(content), 8)]
        return os.waitstatus_to_exitcode(status), reports
