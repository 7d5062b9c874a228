"""What an administrator may set about kernels and files: ``c.RunnerSettings...`` in the server's configuration."""

from __future__ import annotations

from traitlets import Float, Int
from traitlets.config import Configurable

from ..contexts.attachments import ATTACHMENT_LIMIT
from ..contexts.kernel import Lifetimes
from .workplace import CONTEXT_LIMIT, OUTPUT_LIMIT

_USUAL = Lifetimes()


class RunnerSettings(Configurable):
    """How long kernels stay after a run, how many of them, and how large outputs and attachments may be."""

    linger_success = Float(
        _USUAL.linger_success, min=0, help="Seconds that a fresh kernel stays after a success, to be walked into."
    ).tag(config=True)
    linger_failure = Float(
        _USUAL.linger_failure, min=0, help="Seconds that a fresh kernel stays after a failure, to be walked into."
    ).tag(config=True)
    max_lingering = Int(_USUAL.max_lingering, min=0, help="Lingering kernels at a time; the oldest go first.").tag(
        config=True
    )
    keep_idle = Float(_USUAL.keep_idle, min=0, help="Seconds after which an unused kept kernel is given up.").tag(
        config=True
    )
    max_kept = Int(_USUAL.max_kept, min=0, help="Kept kernels at a time; the longest unused go first.").tag(config=True)
    max_prepared = Int(_USUAL.max_prepared, min=0, help="Kernels held warm for known fires at a time.").tag(config=True)
    max_pooled = Int(
        _USUAL.max_pooled,
        min=0,
        help="Warm kernels for runs that nobody could know of; more than one only after a burst of them; 0: none.",
    ).tag(config=True)
    pool_idle = Float(_USUAL.pool_idle, min=0, help="Seconds after which an unused pooled kernel is given up.").tag(
        config=True
    )
    start_timeout = Float(_USUAL.start_timeout, min=1, help="Seconds that a kernel may take to start.").tag(config=True)
    spare_memory = Int(
        _USUAL.spare_memory, min=0, help="Bytes of free memory below which no kernel is started ahead of need."
    ).tag(config=True)
    output_limit = Int(OUTPUT_LIMIT, min=1024, help="Bytes of output that are kept of one run.").tag(config=True)
    attachment_limit = Int(ATTACHMENT_LIMIT, min=0, help="Bytes that one attachment may have.").tag(config=True)

    context_limit = Int(
        CONTEXT_LIMIT, min=0, help="Bytes of outputs that one context keeps; the oldest go, whatever their age."
    ).tag(config=True)

    def lifetimes(self) -> Lifetimes:
        """The part that is about kernels."""
        return Lifetimes(**{name: getattr(self, name) for name in Lifetimes.__dataclass_fields__})
