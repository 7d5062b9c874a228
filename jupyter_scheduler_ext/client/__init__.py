"""The scheduler from a notebook cell or a program: find the server, make tasks, run them, wait for what they do."""

from .awaiting import AsyncRun, AsyncSchedulerClient, AsyncTask
from .blocking import Run, SchedulerClient, Task, schedule
from .discovery import Server, find_server
from .errors import (
    Conflict,
    Denied,
    Invalid,
    NoServer,
    NotFound,
    NotInstalled,
    RunFailed,
    SchedulerError,
    ServerFailed,
    Stale,
    StillRunning,
    TooMany,
    Unreachable,
)
from .lists import RunList, TaskList

__all__ = [
    "AsyncRun",
    "AsyncSchedulerClient",
    "AsyncTask",
    "Conflict",
    "Denied",
    "Invalid",
    "NoServer",
    "NotFound",
    "NotInstalled",
    "Run",
    "RunFailed",
    "RunList",
    "SchedulerClient",
    "SchedulerError",
    "Server",
    "ServerFailed",
    "Stale",
    "StillRunning",
    "Task",
    "TaskList",
    "TooMany",
    "Unreachable",
    "find_server",
    "schedule",
]
