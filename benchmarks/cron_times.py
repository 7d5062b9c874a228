"""What the time rules cost, in CPU time: `python benchmarks/cron_times.py`.

CPU time and not wall time, so that the figures mean something on a shared machine. Each call is measured cold (text
never parsed, zone days never looked at) and warm.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from jupyter_scheduler_ext.engine.cron import (
    CronError,
    count_between,
    next_fire_epoch,
    next_fires,
    parse,
    preview,
    refresh_zones,
)
from jupyter_scheduler_ext.engine.cron_grammar import _parse

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Chatham", "Australia/Lord_Howe", "UTC")
RARE = ("0 0 29 2 */7", "59 23 29 2 */6", "0 0 29 2 *", "0 0 * 2 1#5", "0 0 31 12 */5", "0 0 */30 * 5L", "* * * * *")
BERLIN_AUTUMN = datetime(2026, 10, 25, 0, tzinfo=UTC)
ORDINARY = datetime(2026, 5, 28, 20, tzinfo=UTC)


def expressions(rng: random.Random, count: int) -> list[str]:
    found = list(RARE)
    while len(found) < count:
        fields = (field(rng, *bounds) for bounds in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)))
        text = " ".join(fields)
        try:
            parse(text)
        except CronError:
            continue
        found.append(text)
    return found


def field(rng: random.Random, low: int, high: int) -> str:
    start, end = sorted((rng.randint(low, high), rng.randint(low, high)))
    several = ",".join(str(rng.randint(low, high)) for _ in range(4))
    return rng.choice(("*", "*", str(start), f"*/{rng.randint(1, high)}", f"{start}-{end}", several))


def measure(name: str, call: Callable[[str, str, datetime], object], texts: list[str], *, cold: bool = False) -> None:
    rng, spent = random.Random(2), []
    for text in texts:
        zone, after = rng.choice(ZONES), ORDINARY + timedelta(minutes=rng.randrange(10 * 365 * 1440))
        if cold:
            forget()
        else:
            parse(text)
        start = time.process_time()
        call(text, zone, after)
        spent.append(1000 * (time.process_time() - start))
    spent.sort()
    show(
        name,
        f"p50 {spent[len(spent) // 2]:.3f} ms, p99 {spent[len(spent) * 99 // 100]:.3f} ms, most {spent[-1]:.3f} ms",
    )


def forget() -> None:
    _parse.cache_clear()
    refresh_zones()


def herd(name: str, texts: list[str], now: datetime) -> None:
    forget()
    start = time.process_time()
    for number in range(10_000):
        next_fire_epoch(texts[number % len(texts)], "Europe/Berlin", now.timestamp())
    show(name, f"{time.process_time() - start:.3f} s")


def refusals() -> None:
    for text in (
        "0 0 30 2 *",
        "0 0 31 2,4,6,9,11 *",
        "0 0 */29 2 5L",
        f"{'9' * 40} * * * *",
        f"{'0-59,' * 49}x * * * *",
    ):
        start = time.process_time()
        try:
            parse(text)
        except CronError as refusal:
            show(f"refused: {text[:24]}", f"{1000 * (time.process_time() - start):.3f} ms ({refusal.field})")


def counting() -> None:
    for days in (366, 50 * 366):
        start = time.process_time()
        count = count_between("* * * * *", "Europe/Berlin", ORDINARY, ORDINARY + timedelta(days=days))
        show(f"count {count:,} fires of {days:,} days", f"{1000 * (time.process_time() - start):.1f} ms")


def show(name: str, figures: str) -> None:
    print(f"{name:46} {figures}")


def main() -> None:
    texts = expressions(random.Random(1), 3000)
    measure("next fire, nothing known", lambda *case: next_fires(*case, 1), texts, cold=True)
    measure("next fire, parsed", lambda *case: next_fires(*case, 1), texts)
    measure("next 5 fires, parsed", lambda *case: next_fires(*case, 5), texts)
    measure("preview: words, 5 fires, warnings", preview, texts)
    herd("10,000 tasks, 500 expressions", texts[:500], ORDINARY)
    herd("the same within a change of clocks", texts[:500], BERLIN_AUTUMN)
    refusals()
    counting()


if __name__ == "__main__":
    main()
