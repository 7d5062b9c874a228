"""The page at scheduler-ext/."""

from __future__ import annotations

import gzip
import json
import re

import pytest


async def test_the_page_is_served_with_its_settings(raw, jp_base_url):
    response = await raw("GET", "")
    html = response.body.decode()
    assert response.code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert f'data-base-url="{jp_base_url}"' in html
    assert re.search(r'data-xsrf-token="[^"]+"', html)


async def test_the_policy_forgives_nothing_inline(raw):
    response = await raw("GET", "")
    policy = dict(
        part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";") if part.strip()
    )
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in str(policy)
    html = response.body.decode()
    assert "style=" not in html
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", html)
    assert not re.search(r"\son\w+=", html)


async def test_without_its_slash_the_address_leads_to_the_page(raw, jp_base_url, http_server_client, jp_auth_header):
    response = await http_server_client.fetch(
        f"{jp_base_url}scheduler-ext", headers=jp_auth_header, follow_redirects=False, raise_error=False
    )
    assert response.code == 302
    assert response.headers["Location"].endswith("/scheduler-ext/")


async def test_what_the_page_needs_is_there(raw, http_server_client):
    html = (await raw("GET", "")).body.decode()
    found = re.findall(r'(?:src|href)="([^"]+scheduler_ext[^"]+)"', html)
    if "was not built" in html:
        pytest.skip("the bundle was not built: js/ needs Node")
    assert len(found) == 3
    for url in found:
        plain = await http_server_client.fetch(url)
        packed = await http_server_client.fetch(url, headers={"Accept-Encoding": "gzip"}, decompress_response=False)
        assert plain.code == packed.code == 200
        if len(plain.body) < 1024:
            continue
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(packed.body) == plain.body
        unchanged = {"If-Modified-Since": plain.headers["Last-Modified"], "Accept-Encoding": "gzip"}
        assert (await http_server_client.fetch(url, headers=unchanged, raise_error=False)).code == 304


@pytest.mark.parametrize("may", [{"read"}, {"read", "write"}, {"read", "execute"}])
async def test_a_reader_gets_a_page_without_actions(raw, authorizer, may):
    authorizer.allowed = {(action, "scheduler_ext") for action in may}
    html = (await raw("GET", "")).body.decode()
    settings = json.loads(re.search(r'<script id="scheduler-config"[^>]*>(.*?)</script>', html)[1])
    assert settings["readOnly"] is ("execute" not in may)
