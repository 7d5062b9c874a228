"""Where the server may send something: a corpus of ways to make it talk to what only it can reach, 0 of which work."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import socket
import threading
from ipaddress import ip_network

import pytest

from jupyter_scheduler_ext.engine.abc import NotDelivered
from jupyter_scheduler_ext.engine.notices import Message
from jupyter_scheduler_ext.notifiers.targets import Targets
from jupyter_scheduler_ext.notifiers.webhook import Webhook
from jupyter_scheduler_ext.outbound import Place, Refused, Rules, check, check_address, post, resolve

BOTH = frozenset({"http", "https"})

PLACES = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1.:8888/api",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.0x1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]:8888/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[ff02::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials",
    "https://100.100.100.200/latest/meta-data/",
    "https://100.64.0.1/",
    "https://168.63.129.16/machine?comp=goalstate",
    "https://192.0.0.192/opc/v1/instance/",
    "https://198.18.0.1/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
]
"""Addresses of the machine itself, of its network and of the clouds' own services, as one writes them to get around."""

TEXTS = [
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "//example.org/",
    "https:///path",
    "https:example.org",
    "example.org",
    "",
    "https://",
    "https://user:secret@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org\\@127.0.0.1/",
    "https://example.org\r\nX-Evil: 1/",
    "https://example.org/a b",
    "https://example.org/\x00",
    "https://exa mple.org/",
    "https://example.org:99999/",
    "https://example.org:x/",
    "https://[::1/",
    "https://%31%32%37.0.0.1/",
    "https://ex%61mple.org/",
    "https://-bad-.example/",
    "https://a..b/",
    "https://example.org/\u00e9",
    "https://" + "a" * 64 + ".org/",
]


@pytest.mark.parametrize("url", [*PLACES, *TEXTS])
def test_the_corpus_is_refused_from_the_text_alone(url):
    with pytest.raises(Refused) as refused:
        check(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", PLACES)
def test_and_so_are_its_addresses_when_a_name_leads_there(url):
    """DNS that answers with a private address, be it for the second time only."""
    try:
        found = socket.getaddrinfo(
            url.split("/")[2].strip("[]").split("]")[0].rstrip("."), 443, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError):
        return  # the resolver does not take it for an address either
    with pytest.raises(Refused):
        resolve(Place("https", "innocent.example", 443, "/"), look_up=lambda *_, **__: found)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.org", ("https", "example.org", 443, "/")),
        ("HTTPS://Example.ORG:8443/hook?a=1#part", ("https", "example.org", 8443, "/hook?a=1")),
        ("https://bücher.example/x", ("https", "xn--bcher-kva.example", 443, "/x")),
        ("https://93.184.216.34/", ("https", "93.184.216.34", 443, "/")),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/", ("https", "2606:2800:220:1:248:1893:25c8:1946", 443, "/")),
        ("https://3com.example/", ("https", "3com.example", 443, "/")),
    ],
)
def test_what_is_public_is_taken(url, place):
    assert check(url) == Place(*place)


def test_one_private_address_among_public_ones_refuses_them_all():
    answers = [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        resolve(Place("https", "example.org", 443, "/"), look_up=lambda *_, **__: answers)
    assert resolve(Place("https", "example.org", 443, "/"), look_up=lambda *_, **__: answers[:1]) == ["93.184.216.34"]


def test_a_list_of_hosts_allows_these_and_no_other():
    rules = Rules(hosts=frozenset({"hooks.example.org", ".corp.example"}))
    for url in ("https://hooks.example.org/x", "https://HOOKS.example.org./x", "https://a.b.corp.example/"):
        check(url, rules)
    for url in (
        "https://example.org/",
        "https://corp.example/",
        "https://evilcorp.example/",
        "https://x.hooks.example.org",
    ):
        with pytest.raises(Refused):
            check(url, rules)


def test_a_private_network_is_reached_only_if_an_administrator_says_so():
    rules = Rules(networks=(ip_network("10.1.0.0/16"),))
    check("https://10.1.2.3/", rules)
    check_address("::ffff:10.1.2.3", Rules(networks=(ip_network("::ffff:0:0/96"),)))
    for url in ("https://10.2.0.1/", "https://127.0.0.1/", "https://[::ffff:10.2.0.1]/"):
        with pytest.raises(Refused):
            check(url, rules)


@pytest.fixture
def receiver():
    """A web server of this machine that redirects whatever it gets; gives its port and what it got."""
    got: list[tuple[str, str, bytes]] = []
    signed: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Host"], self.path, body))
            signed.append(dict(self.headers))
            self.send_response(204 if self.path == "/good" else 302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, got, signed
    server.shutdown()
    server.server_close()


def test_what_was_checked_is_what_is_connected_to_and_no_redirect_is_followed(receiver, monkeypatch):
    port, got, _ = receiver
    asked: list[str] = []

    def once(host: str, *_: object, **__: object):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        "jupyter_scheduler_ext.outbound.socket.getaddrinfo",
        lambda host, *a, **k: real(host, *a, **k) if host[:1].isdigit() else once(host, *a, **k),
    )
    rules = Rules(schemes=BOTH, networks=(ip_network("127.0.0.1/32"),))
    assert post(f"http://rebinding.example:{port}/hook?x=1", b"news", {"Content-Type": "text/plain"}, rules) == 302
    assert asked == ["rebinding.example"]
    assert got == [(f"rebinding.example:{port}", "/hook?x=1", b"news")]
    with pytest.raises(Refused, match=r"127\.0\.0\.2"):
        post(f"http://rebinding.example:{port}/hook", b"news", {}, rules)


async def test_a_webhook_is_signed_and_taken_only_if_it_was_accepted(receiver):
    port, got, signed = receiver
    rules = Rules(schemes=frozenset({"http"}), networks=(ip_network("127.0.0.1/32"),))
    await Webhook(f"webhook://127.0.0.1:{port}/good#the key", rules).send(
        Message(title="Failed: T", body="boom", level="failure")
    )
    ((_, path, body),) = got
    assert json.loads(body) == {"title": "Failed: T", "body": "boom", "level": "failure"}
    told = signed[0]["X-Scheduler-Timestamp"].encode() + b"." + body
    assert signed[0]["X-Scheduler-Signature"] == f"sha256={hmac.new(b'the key', told, hashlib.sha256).hexdigest()}"
    assert path == "/good"
    assert "the key" not in str(signed)
    with pytest.raises(NotDelivered, match="302"):
        await Webhook(f"webhook://127.0.0.1:{port}/bad#key", rules).send(Message(title="T", body=""))
    assert len(got) == 2


async def test_a_webhook_that_nobody_takes_is_not_delivered():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rules = Rules(schemes=frozenset({"http"}), networks=(ip_network("127.0.0.1/32"),))
    with pytest.raises(NotDelivered, match="ConnectionRefusedError"):
        await Webhook(f"webhook://127.0.0.1:{port}/secret#key", rules).send(Message(title="T", body=""))


@pytest.mark.parametrize(
    "address",
    ["webhook://127.0.0.1/x#key", "webhook://169.254.169.254/#key", "webhook://example.org/x", "webhook:x#key"],
)
def test_a_webhook_that_leads_inside_or_has_no_key_is_a_target_with_a_problem(address):
    problem = Targets({"hook": address}, 1).problem("hook")
    assert problem is not None
    assert "#key" not in problem
