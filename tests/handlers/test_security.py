"""Every route is closed to who may not, in every way of asking; a new route cannot be forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jupyter_server.base.handlers import FileFindHandler
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from jupyter_scheduler_ext.handlers.endpoint import Endpoint
from jupyter_scheduler_ext.handlers.page import PageHandler, ToPageHandler
from jupyter_scheduler_ext.handlers.routes import ENDPOINTS, handlers
from jupyter_scheduler_ext.handlers.stream import StreamHandler

from .conftest import nightly

NOBODY = {"Authorization": ""}
READ = {("read", "scheduler_ext"), ("read", "contents")}


def path_of(one: Endpoint) -> str:
    return re.sub(r"{\w+}", "no-such", one.path)


@pytest.fixture
def walk(raw):
    """Call every endpoint; gives each one's status and body, by operation."""

    async def call_all(endpoints=ENDPOINTS, **more):
        replies = {}
        for one in endpoints:
            response = await raw(one.method, path_of(one), **more)
            replies[one.operation] = (response.code, response.body)
        return replies

    return call_all


@pytest.mark.parametrize("headers", [NOBODY, {"Authorization": "token wrong"}])
async def test_without_authentication_every_route_is_closed(walk, headers):
    for operation, (status, body) in (await walk(headers=headers)).items():
        assert (operation, status) == (operation, 403)
        assert b'{"error":{' in body


async def test_who_is_denied_everything_gets_nothing(walk, authorizer):
    authorizer.allowed = set()
    for operation, (status, body) in (await walk()).items():
        assert (operation, status) == (operation, 403)
        assert b'"forbidden"' in body


async def test_every_route_asks_for_the_permission_of_the_table(raw, authorizer):
    asked = {}
    for one in ENDPOINTS:
        authorizer.asked.clear()
        await raw(one.method, path_of(one))
        asked[one.operation] = authorizer.asked[0]
    assert asked == {one.operation: (one.permission, "scheduler_ext") for one in ENDPOINTS}


async def test_a_reader_reads_and_does_nothing_else(walk, authorizer):
    authorizer.allowed = READ
    refused = {operation for operation, (status, _) in (await walk()).items() if status == 403}
    assert refused == {one.operation for one in ENDPOINTS if one.permission != "read"}


def test_the_documents_say_of_each_route_what_it_asks_for():
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
    rows = re.findall(r"^\| `(read|write|execute)` \| (.*) \|$", page, re.MULTILINE)
    said = {route: action for action, cell in rows for route in re.findall(r"`([A-Z]+ api/[^`]*)`", cell)}
    assert said == {f"{one.method} {one.path}": one.permission for one in ENDPOINTS}


async def test_what_makes_code_run_needs_the_right_to_execute():
    executing = {one.operation for one in ENDPOINTS if one.permission == "execute"}
    assert executing >= {
        "scheduler_task_create",
        "scheduler_task_update",
        "scheduler_task_run",
        "scheduler_task_backfill",
        "scheduler_task_restore",
        "scheduler_task_token_rotate",
        "scheduler_task_token_revoke",
        "scheduler_import",
        "scheduler_tick",
        "scheduler_context_open",
    }


@pytest.fixture
def session(raw):
    """Log in by the page: headers that carry the session cookie and no token, and the XSRF token."""

    async def log_in():
        page = await raw("GET", "")
        jar = dict(cookie.partition(";")[0].split("=", 1) for cookie in page.headers.get_list("Set-Cookie"))
        assert any(name.startswith("username") for name in jar)
        cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
        return {**NOBODY, "Cookie": cookies}, jar["_xsrf"]

    return log_in


async def test_a_session_without_xsrf_token_changes_nothing(walk, session):
    headers, _ = await session()
    for operation, (status, body) in (
        await walk([one for one in ENDPOINTS if one.method != "GET"], headers=headers)
    ).items():
        assert (operation, status) == (operation, 403)
        assert b"_xsrf" in body


async def test_a_session_with_xsrf_token_works(raw, session):
    headers, xsrf = await session()
    body = b'{"schedule": "* * * * *"}'
    response = await raw("POST", "api/schedule/preview", body, headers={**headers, "X-XSRFToken": xsrf})
    assert response.code == 200


async def test_a_foreign_page_cannot_use_the_session(raw, session):
    headers, xsrf = await session()
    foreign = {**headers, "X-XSRFToken": xsrf, "Origin": "https://evil.example"}
    for method, path in [("GET", "api/tasks"), ("POST", "api/tasks"), ("POST", "api/schedule/preview")]:
        assert (await raw(method, path, headers=foreign)).code in (403, 404)


async def test_what_is_no_route_is_404_in_our_shape_and_only_for_who_is_known(raw):
    for path in ("api", "api/", "api/nothing", "api/tasks/a/b/c", "api/tasks/", "api/..%2fx"):
        for method in ("GET", "POST", "PATCH", "DELETE", "PUT"):
            response = await raw(method, path)
            assert (method, path, response.code) == (method, path, 404)
            assert b'{"error":{' in response.body
            assert (await raw(method, path, headers=NOBODY)).code == 403


async def test_a_method_that_a_route_does_not_have_is_405_and_told_which(raw):
    for method, path in [("PUT", "api/tasks"), ("DELETE", "api/tasks"), ("PATCH", "api/tick")]:
        response = await raw(method, path)
        assert response.code == 405
        assert b'"method_not_allowed"' in response.body
        assert response.headers["Allow"]


async def test_the_page_is_for_readers(raw, authorizer):
    assert (await raw("GET", "")).code == 200
    authorizer.allowed = set()
    assert (await raw("GET", "")).code == 403


async def test_the_page_sends_strangers_to_the_login(raw):
    response = await raw("GET", "", headers=NOBODY, follow_redirects=False)
    assert response.code == 302
    assert "/login" in response.headers["Location"]


def patterns(router, part):
    """All (pattern, handler) pairs of a router whose pattern has this part."""
    for rule in router.rules:
        if hasattr(rule.target, "rules"):
            yield from patterns(rule.target, part)
        elif hasattr(rule.matcher, "regex") and re.search(part, rule.matcher.regex.pattern):
            yield rule.matcher.regex.pattern, rule.target


async def test_every_pattern_that_the_server_routes_is_one_of_ours_and_asks_who_comes(
    jp_serverapp, extension, http_server_client, jp_base_url
):
    routed = list(patterns(jp_serverapp.web_app.default_router, "scheduler.ext"))
    assert len(routed) > len(handlers())
    for text, target in routed:
        if "static" in text:
            assert issubclass(target, FileFindHandler)
            continue
        url = re.sub(r"\(\[\^/\]\+\)", "no-such", text).replace("(?:/.*)?", "/x").rstrip("$").replace("\\", "")
        assert url.startswith(f"{jp_base_url}scheduler-ext"), text
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            response = await http_server_client.fetch(
                url,
                method=method,
                body=b"" if method in ("POST", "PUT", "PATCH") else None,
                allow_nonstandard_methods=True,
                follow_redirects=False,
                raise_error=False,
            )
            to_login = response.code == 302 and "/login" in response.headers["Location"]
            assert response.code in (403, 405) or to_login, (method, url, response.code)
            assert response.code != 405 or target in (PageHandler, ToPageHandler, StreamHandler), (method, url)


async def test_static_files_are_the_bundle_and_lead_nowhere_else(http_server_client, extension, jp_base_url):
    for path in ("../extension.py", "..%2fextension.py", "%2e%2e/extension.py", "/etc/passwd", "..\\extension.py", ""):
        url = f"{jp_base_url}static/scheduler_ext/{path}"
        response = await http_server_client.fetch(url, raise_error=False, follow_redirects=False)
        assert response.code in (400, 403, 404), (path, response.code)
        assert b"SchedulerExtension" not in (response.body or b"")


@pytest.mark.parametrize(
    "headers", [NOBODY, {"Authorization": "token wrong"}, {**NOBODY, "Origin": "https://evil.example"}]
)
async def test_the_stream_is_closed_to_strangers(jp_ws_fetch, extension, headers):
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("scheduler-ext", "api", "stream", headers=dict(headers))
    assert refused.value.code == 403


async def test_a_foreign_page_cannot_open_the_stream_with_the_session(session, jp_http_port, jp_base_url):
    """A browser sends the cookie along with a WebSocket of any page: the origin alone tells them apart."""
    headers, _ = await session()
    host = f"127.0.0.1:{jp_http_port}"

    async def open_from(origin):
        url = f"ws://{host}{jp_base_url}scheduler-ext/api/stream"
        return await websocket_connect(HTTPRequest(url, headers={**headers, "Origin": origin}))

    (await open_from(f"http://{host}")).close()
    for origin in (
        "https://evil.example",
        "null",
        f"http://{host}.evil.example",
        f"https://evil.example/{host}",
        "file://",
    ):
        with pytest.raises(HTTPClientError) as refused:
            await open_from(origin)
        assert (origin, refused.value.code) == (origin, 403)


async def test_the_stream_needs_the_right_to_read(jp_ws_fetch, extension, authorizer):
    authorizer.allowed = {("execute", "scheduler_ext"), ("write", "scheduler_ext")}
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("scheduler-ext", "api", "stream")
    assert refused.value.code == 403
    assert ("read", "scheduler_ext") in authorizer.asked


async def test_a_server_that_is_reached_under_a_foreign_name_answers_nothing(raw, call):
    """A name of somebody else's that resolves to this machine: rebinding makes the browser take us for them."""
    made = (await call("POST", "tasks", {"type": "adhoc", "name": "a", "action": {"kind": "noop-told"}})).body
    run = f"api/tasks/{made['task']['uuid']}/run"
    for method, path, headers in [
        ("GET", "", {}),
        ("GET", "api/tasks", {}),
        ("POST", "api/tasks", {}),
        ("POST", run, {**NOBODY, "X-Task-Token": made["token_secret"]}),
    ]:
        assert (await raw(method, path, headers={**headers, "Host": "evil.example"})).code == 403


async def test_looking_is_no_activity_and_doing_is(raw, make, jp_serverapp):
    settings = jp_serverapp.web_app.settings
    await make(nightly())
    settings.pop("api_last_activity", None)
    for one in ENDPOINTS:
        if one.permission == "read":
            await raw(one.method, path_of(one))
    assert "api_last_activity" not in settings
    await make(nightly())
    assert "api_last_activity" in settings


async def test_an_error_of_our_own_tells_nothing(raw, call, extension, monkeypatch):
    scheduler = await extension.engine()

    def explode(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(scheduler, "list_tasks", explode)
    reply = await call("GET", "tasks")
    assert (reply.status, reply.error["code"]) == (500, "internal")
    assert "secret" not in str(reply.body)
    assert "raceback" not in str(reply.body)


async def test_a_body_is_not_read_from_who_may_not_send_it(raw, authorizer):
    authorizer.allowed = set()
    response = await raw("POST", "api/import", b"[" * (70 * 1024 * 1024))
    assert response.code in (403, 599)


async def test_a_token_is_found_in_no_log(call, caplog, jp_logging_stream):
    made = (await call("POST", "tasks", {"type": "adhoc", "name": "a", "action": {"kind": "noop-told"}})).body
    secret, uuid = made["token_secret"], made["task"]["uuid"]
    with caplog.at_level("DEBUG"):
        for token in (secret, f"{secret}x"):
            await call("POST", f"tasks/{uuid}/run", headers={**NOBODY, "X-Task-Token": token})
        await call("POST", f"tasks/{uuid}/run", ["not", "an", "object"], headers={"X-Task-Token": secret})
    assert secret not in caplog.text
    assert secret not in jp_logging_stream.getvalue()


class TestWithoutUnauthenticatedAccess:
    """A server that refuses whatever is not marked as open still takes task tokens, and opens nothing else."""

    @pytest.fixture
    def jp_server_config(self, authorizer):
        return {
            "ServerApp": {
                "jpserver_extensions": {"jupyter_scheduler_ext": True},
                "authorizer_class": authorizer,
                "allow_unauthenticated_access": False,
            }
        }

    async def test_a_token_runs_its_task_and_nothing_else_is_open(self, call, walk):
        made = (await call("POST", "tasks", {"type": "adhoc", "name": "a", "action": {"kind": "noop-told"}})).body
        key = {**NOBODY, "X-Task-Token": made["token_secret"]}
        assert (await call("POST", f"tasks/{made['task']['uuid']}/run", headers=key)).status == 202
        assert {status for status, _ in (await walk(headers=NOBODY)).values()} == {403}
