"""T15: the six endpoints go on answering while a thousand tasks fall due at one instant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


async def test_the_six_endpoints_answer_while_a_thousand_tasks_fall_due(call, make, extension):
    scheduler = await extension.engine()
    scheduler.pipeline.dispatcher.limit = 2000
    due = datetime.now(UTC) + timedelta(seconds=6)
    task = {"type": "planned", "plan": {"todo": [due.isoformat()]}, "action": {"kind": "noop-told", "seconds": 0.5}}
    report = await call("POST", "import", {"tasks": [task | {"name": f"task {index}"} for index in range(1000)]})
    assert report.body["created"] == 1000
    await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))

    made = await make()
    statuses = [
        (await call("POST", f"tasks/{made['uuid']}/run", {})).status,
        (await call("PATCH", f"tasks/{made['uuid']}", {"description": "meanwhile"})).status,
        (await call("GET", "tasks?limit=25&fields=slim")).status,
        (await call("POST", "tick")).status,
        (await call("GET", "poll?since=0")).status,
        (await call("DELETE", f"tasks/{made['uuid']}")).status,
    ]

    assert statuses == [202, 200, 200, 200, 200, 200]
    while (await call("GET", "status")).body["queue"]["running"]:
        await asyncio.sleep(0.2)
    for planned in list(scheduler.tasks)[:1000:100]:
        (run,) = (await call("GET", f"runs?task_id={planned}")).body["runs"]
        assert run["state"] == "succeeded"
