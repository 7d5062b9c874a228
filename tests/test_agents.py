"""The tools as an agent meets them: a real MCP client, jupyter-server-mcp in a real server, and nothing in between."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from live_server import LiveServer
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from sinks import wait_for

from jupyter_scheduler_ext import agents
from jupyter_scheduler_ext.agents.catalogue import CATALOGUE

MCP = (
    "--ServerApp.jpserver_extensions=jupyter_server_mcp=True",
    "--MCPExtensionApp.mcp_port=0",
    "--MCPServer.host=127.0.0.1",
)
SAYS = ["python3", "-c", "print('counted', 6 * 7)"]
WAITS = ["python3", "-c", "import time; time.sleep(300)"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with LiveServer(tmp_path_factory.mktemp("agents"), *MCP, "--AgentSettings.tools=caller") as live:
        yield live


def mcp_address(server):
    """Where jupyter-server-mcp listens: it writes so beside the server's own file."""
    file = server.home / "runtime" / f"jpserver-mcp-{server.pid}.json"
    wait_for(file.exists, "jupyter-server-mcp to listen")
    return json.loads(file.read_text())["url"]


@pytest.fixture(scope="module")
def address(server):
    return mcp_address(server)


@asynccontextmanager
async def agent(address, token=None):
    headers = {"Authorization": f"token {token}"} if token else {}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(address, http_client=http), read_timeout_seconds=120) as client,
    ):
        yield client


async def call(client, tool, /, **arguments):
    """What a tool answers. Raises AssertionError with its words if it failed."""
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(part, "text", "") for part in result.content)
    assert not result.is_error, text
    return result.structured_content if result.structured_content is not None else json.loads(text)


async def refusal(client, tool, /, **arguments):
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return "".join(getattr(part, "text", "") for part in result.content)


def test_the_tools_are_listed_described_and_marked_for_what_they_do(server, address):
    async def look():
        async with agent(address, server.token) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = asyncio.run(look())
    assert set(CATALOGUE) <= set(tools)
    for name, effect in CATALOGUE.items():
        tool = tools[name]
        assert len(tool.description) > 20
        assert tool.annotations.read_only_hint is (effect == "reads")
        assert tool.annotations.destructive_hint is (effect in ("changes", "runs"))
    arguments = tools["scheduler_create_task"].input_schema["properties"]
    assert "cron" in arguments["schedule"]["description"]
    assert tools["scheduler_create_task"].input_schema["required"] == ["name"]


def test_an_agent_schedules_runs_reads_changes_and_clears_up(server, address):
    async def work():
        async with agent(address, server.token) as client:
            words = await call(client, "scheduler_preview_schedule", schedule="30 2 * * 1-5", timezone="Europe/Berlin")
            assert len(words["fires"]) == 5
            rule = {"schedule": "30 2 * * 1-5", "timezone": "Europe/Berlin"}
            made = await call(client, "scheduler_create_task", name="Nightly count", command=SAYS, **rule)
            assert (made["type"], made["schedule"]["timezone"]) == ("scheduled", "Europe/Berlin")
            run = await call(client, "scheduler_run_task", task="Nightly count", wait=60)
            run = await call(client, "scheduler_get_run", run_id=run["id"], wait=60)
            assert run["state"] == "succeeded"
            log = await call(client, "scheduler_read_run_log", run_id=run["id"])
            assert "counted 42" in log["text"]
            assert log["complete"]
            changed = await call(client, "scheduler_update_task", task=made["id"], changes={"enabled": False})
            assert changed["state"] == "disabled"
            listed = await call(client, "scheduler_list_tasks", search="nightly")
            assert [task["id"] for task in listed["tasks"]] == [made["id"]]
            runs = await call(client, "scheduler_list_runs", task=made["id"])
            assert [one["id"] for one in runs["runs"]] == [run["id"]]
            await call(client, "scheduler_delete_task", task=made["id"])
            assert (await call(client, "scheduler_list_tasks"))["tasks"] == []
            back = await call(client, "scheduler_restore_task", task_id=made["id"])
            assert back["name"] == "Nightly count"
            assert (await call(client, "scheduler_status"))["counts"]["tasks"] == 1
            await call(client, "scheduler_delete_task", task=made["id"])

    asyncio.run(work())


def test_an_agent_cancels_a_run(server, address):
    async def work():
        async with agent(address, server.token) as client:
            await call(client, "scheduler_create_task", name="Long", command=WAITS)
            run = await call(client, "scheduler_run_task", task="Long")
            await call(client, "scheduler_cancel_run", run_id=run["id"])
            ended = await call(client, "scheduler_get_run", run_id=run["id"], wait=60)
            assert ended["state"] == "cancelled"

    asyncio.run(work())


def test_dates_are_meant_in_the_zone_that_is_named(server, address):
    async def work():
        async with agent(address, server.token) as client:
            when = {"dates": ["2031-05-01T10:30"], "timezone": "Asia/Tokyo"}
            made = await call(client, "scheduler_create_task", name="Dated", command=SAYS, **when)
            assert made["next_run"].startswith("2031-05-01T01:30")

    asyncio.run(work())


def test_what_is_wrong_is_said_so_that_an_agent_can_mend_it(server, address):
    async def work():
        async with agent(address, server.token) as client:
            said = await refusal(client, "scheduler_create_task", name="x", command=SAYS, schedule="61 * * * *")
            assert "schedule.minute" in said
            assert "exactly one" in await refusal(client, "scheduler_create_task", name="x")
            assert "nothing of this name" in await refusal(client, "scheduler_get_task", task="nothing of this name")
            said = await refusal(client, "scheduler_create_task", name="x", notebook="../../etc/passwd")
            assert "action.path" in said

    asyncio.run(work())


def test_nobody_acts_without_a_token_or_with_a_wrong_one(server, address):
    async def work():
        async with agent(address) as client:
            assert "Authorization: token" in await refusal(client, "scheduler_list_tasks")
        async with agent(address, "wrong") as client:
            assert "does not know this token" in await refusal(client, "scheduler_list_tasks")

    asyncio.run(work())


def test_where_the_server_lends_its_rights_the_stdio_proxy_works_and_a_wrong_token_still_does_not(tmp_path):
    """The proxy sends no headers: that is what the mode `server` is for."""
    proxy = shutil.which("jupyter-server-mcp-proxy", path=str(Path(sys.executable).parent))

    async def work(live):
        address = mcp_address(live)
        way = StdioServerParameters(command=proxy, args=["--url", address], env=live.environment)
        async with Client(stdio_client(way), read_timeout_seconds=120) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert set(CATALOGUE) <= tools
            made = await call(client, "scheduler_create_task", name="By proxy", command=SAYS)
            run = await call(client, "scheduler_run_task", task=made["id"], wait=60)
            run = await call(client, "scheduler_get_run", run_id=run["id"], wait=60)
            assert run["state"] == "succeeded"
        async with agent(address, "wrong") as client:
            assert "does not know this token" in await refusal(client, "scheduler_list_tasks")
        async with agent(address, live.token) as client:
            assert [task["name"] for task in (await call(client, "scheduler_list_tasks"))["tasks"]] == ["By proxy"]

    with LiveServer(tmp_path, *MCP, "--AgentSettings.tools=server") as live:
        asyncio.run(work(live))


def test_nothing_is_offered_unless_the_server_says_so():
    assert agents.tools() == []
