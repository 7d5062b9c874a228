"""What an administrator may set about notifications: ``c.NotificationSettings...`` in the server's configuration."""

from __future__ import annotations

from ipaddress import ip_network

from traitlets import Bool, Dict, Enum, Float, Int, List, Unicode
from traitlets.config import Configurable

from ..engine.models import Event
from ..engine.notices import Wishes
from ..outbound import Rules


class NotificationSettings(Configurable):
    """Where messages go, and what is told of tasks that say nothing of it themselves."""

    targets = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="""Name of a target -> its address, as Apprise writes them (https://appriseit.com/services/), or where the
        address is kept: ``env:NAME`` (a variable of the server's environment), ``file:/path`` (the content of a file),
        ``keyring:service/name``. Tasks, the API and logs know the names alone.""",
    ).tag(config=True)
    on = List(
        Enum([event.value for event in Event]),
        default_value=["failure", "missed", "recovered"],
        help="Of what is told by default: failure, success, missed, recovered, long.",
    ).tag(config=True)
    to = List(Unicode(), help="Names of the targets that are told by default; none: nobody is.").tag(config=True)
    long_after = Float(
        None, allow_none=True, min=0, help="Seconds after which a run takes long by default; None: by comparison only."
    ).tag(config=True)
    long_factor = Float(
        3.0,
        allow_none=True,
        min=1,
        help="""A run takes long by default when it takes this many times the median of the task's last successes, and a
        minute at least. None: never by comparison.""",
    ).tag(config=True)
    hourly = Int(
        20, min=1, help="Messages an hour that each target gets at most; what is beyond waits for a digest."
    ).tag(config=True)
    details = Bool(
        True, help="Say why a run failed. False: names, times and outcomes only, nothing that the user's code said."
    ).tag(config=True)
    public_url = Unicode(
        help="Address of this Jupyter server as people open it, for links in messages; empty: no links."
    ).tag(config=True)
    timeout = Float(30.0, min=1, help="Seconds that one delivery may take.").tag(config=True)

    webhook_schemes = List(
        Enum(["https", "http"]),
        default_value=["https"],
        help="How webhooks (``webhook://...``) may be called: by https if it is among these, else by http.",
    ).tag(config=True)
    webhook_hosts = List(
        Unicode(), help="Hosts that webhooks may lie on, ``.example.org`` for all below one; none: every public host."
    ).tag(config=True)
    webhook_networks = List(
        Unicode(), help="Private networks that webhooks may lie in nevertheless, such as ``10.1.0.0/16``."
    ).tag(config=True)

    def rules(self) -> Rules:
        """Where webhooks may lie. Raises ValueError for what is no network."""
        networks = tuple(ip_network(network) for network in self.webhook_networks)
        return Rules(frozenset(self.webhook_schemes), frozenset(self.webhook_hosts), networks)

    def wishes(self) -> Wishes:
        """What holds for tasks that say nothing."""
        return Wishes(
            on=frozenset(Event(name) for name in self.on),
            to=tuple(self.to),
            long_after=self.long_after,
            long_factor=self.long_factor,
        )
