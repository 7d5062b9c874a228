"""A user's crontab becomes tasks that do what cron did, and what cannot is said line by line."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from jupyter_scheduler_ext.engine.validation import check_rule, read_task
from jupyter_scheduler_ext.migration.crontab import Owners, as_script, read_crontab, split_input
from jupyter_scheduler_ext.migration.findings import Finding


def read(text: str, **more: Any) -> list[Finding]:
    return read_crontab(text, "Asia/Tokyo", **more)


def the_task(text: str, **more: Any) -> dict:
    (found,) = [finding.task for finding in read(text, **more) if finding.task is not None]
    check_rule(read_task(found, "UTC"), 1_700_000_000_000)  # what the server will ask of it
    return dict(found)


def test_a_line_becomes_a_command_through_the_shell_in_the_machines_zone():
    task = the_task("30 2 * * 1-5 /usr/bin/backup --all >> /var/log/b 2>&1\n")
    assert task["action"] == {"kind": "command", "argv": ["/bin/sh", "-c", "/usr/bin/backup --all >> /var/log/b 2>&1"]}
    fields = {"minute": "30", "hour": "2", "day": "*", "month": "*", "weekday": "1-5"}
    assert task["schedule"] == {**fields, "timezone": "Asia/Tokyo"}
    assert task["policy"] == {"catchup": "none", "overlap": "allow", "timeout": None}


@pytest.mark.parametrize(
    ("nickname", "expression"),
    [("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"), ("@annually", "0 0 1 1 *")],
)
def test_nicknames_are_spelled_out(nickname: str, expression: str):
    schedule = the_task(f"{nickname} job")["schedule"]
    assert " ".join(schedule[name] for name in ("minute", "hour", "day", "month", "weekday")) == expression


def test_settings_hold_for_the_lines_below_them():
    text = """\
        0 1 * * * first
        SHELL=/bin/bash
        A = "two words"
        CRON_TZ=Europe/Berlin
        RANDOM_DELAY=5
        0 2 * * * second
        """
    first, second = [finding.task for finding in read(text) if finding.task is not None]
    assert first["schedule"]["timezone"] == "Asia/Tokyo"
    assert "env" not in first["action"]
    assert second["schedule"]["timezone"] == "Europe/Berlin"
    assert second["action"]["argv"][0] == "/bin/bash"
    assert second["action"]["env"] == {"A": "two words"}
    assert second["policy"]["jitter"] == 300


def test_mail_is_not_sent_and_that_is_said_where_it_matters():
    text = "0 1 * * * quiet\nMAILTO=ana@example.org\n0 2 * * * loud\n"
    quiet, _, loud = read(text)
    assert not quiet.notes
    assert "not mailed" in loud.notes[0]


def test_the_first_percent_begins_the_input_and_an_escaped_one_is_a_percent():
    assert split_input(r"date +\%F") == ("date +%F", None)
    assert split_input("mail -s hi ana%Dear Ana,%%bye") == ("mail -s hi ana", "Dear Ana,\n\nbye")
    script = the_task(r"@daily tr a-z A-Z | sed s/A/\%/%abc%$HOME")["action"]["argv"][-1]
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "%BC\n$HOME\n"


def test_an_input_that_holds_the_mark_of_its_own_end_is_still_whole():
    given = "END_OF_INPUT\nmore"
    done = subprocess.run(["/bin/sh", "-c", as_script("cat", given)], capture_output=True, text=True, timeout=60)
    assert done.stdout == given + "\n"


def test_commands_begin_in_the_served_folder_unless_asked_to_begin_at_home(tmp_path):
    (found,) = read("@daily ./here.sh")
    assert "not in your home" in found.notes[0]
    for line in ("@daily pwd", "@daily pwd; cat%x"):
        script = the_task(line, in_home=True)["action"]["argv"][-1]
        env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, env=env, cwd="/", timeout=60)
        assert done.stdout.splitlines()[0] == str(tmp_path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("@reboot agent", "@reboot"),
        ("0 25 * * * late", "25 is out of range"),
        ("0 0 * * *", "no command"),
        ("@fortnightly pay", "not known"),
        ("CRON_TZ=Mars/Olympus", "Mars/Olympus"),
        ("RANDOM_DELAY=soon", "no number"),
    ],
)
def test_what_cannot_be_taken_says_why(line: str, why: str):
    (found,) = read(line)
    assert found.task is None
    assert why in found.problem


def test_a_bad_line_stops_no_other_and_lines_are_named_by_their_number():
    found = read("# head\n\nnonsense\n0 1 * * * good\n")
    assert [(one.where, one.task is not None) for one in found] == [("line 3", False), ("line 4", True)]


def test_a_short_comment_right_above_is_the_name_and_an_entry_switched_off_is_not():
    assert the_task("# Nightly backup\n0 1 * * * x")["name"] == "Nightly backup"
    assert the_task("# Nightly backup\n\n0 1 * * * x")["name"] == "x"
    assert the_task("# 0 5 * * * old\n0 1 * * * x")["name"] == "x"
    long = the_task("# one\n# two\n0 1 * * * x")
    assert (long["name"], long["description"]) == ("x", "one two")


def test_the_same_crontab_twice_gives_the_same_ids_and_twin_lines_stay_two():
    text = "0 1 * * * twin\n0 1 * * * twin\n0 2 * * * other\n"
    first, second = ([finding.task["uuid"] for finding in read(text)] for _ in range(2))
    assert first == second
    assert len(set(first)) == 3


def test_a_name_that_is_quoted_is_a_setting_and_an_equals_sign_in_a_command_is_not():
    quoted, entry = read('"MY VAR" = x\n*/5 * * * * A=1 run\n')
    assert quoted.task is None
    assert not quoted.problem
    assert entry.task["action"]["argv"][-1] == "A=1 run"
    assert entry.task["action"]["env"] == {"MY VAR": "x"}


SYSTEM = """\
SHELL=/bin/bash
PATH=/usr/sbin:/usr/bin
CRON_TZ=Europe/Berlin
17 * * * *  root  cd / && run-parts --report /etc/cron.hourly
# Ana's mail
0 7 * * *   ana   mail -s hi bob%Dear Bob
@reboot     root  agent
@daily      ana
0 1 * * *   /usr/bin/job --now
# 5 4 * * * root switched off
"""


def test_in_a_system_table_the_lines_of_others_are_made_disabled_and_that_is_said():
    *settings, parts, mail, reboot, bare, userless = read(SYSTEM, owners=Owners("ana"))
    assert not any(one.problem for one in settings)
    assert parts.task["action"]["argv"] == ["/bin/bash", "-c", "cd / && run-parts --report /etc/cron.hourly"]
    assert (parts.task["enabled"], parts.task["tags"]) == (False, ["crontab", "user:root"])
    assert "ran as root and would run as ana here: made disabled" in parts.notes[0]
    assert "enabled" not in mail.task
    assert (mail.task["name"], mail.task["schedule"]["timezone"], mail.notes) == ("Ana's mail", "Europe/Berlin", ())
    assert mail.task["action"]["env"] == {"PATH": "/usr/sbin:/usr/bin"}
    assert mail.task["action"]["argv"][-1].endswith("Dear Bob\nEND_OF_INPUT")
    assert "let the system start" in reboot.problem
    assert "no command" in bare.problem
    assert "where a user belongs" in userless.problem


def test_with_sudo_the_lines_of_others_run_as_they_did():
    root, ana = [one for one in read(SYSTEM, owners=Owners("ana", sudo=True)) if one.task]
    sudo = ["sudo", "-n", "-H", "-u", "root", "--", "env", "PATH=/usr/sbin:/usr/bin", "/bin/bash", "-c"]
    assert root.task["action"]["argv"][:-1] == sudo
    assert "enabled" not in root.task
    assert "without a password" in root.notes[0]
    assert ana.task["action"]["argv"][0] == "/bin/bash"


def test_a_system_table_that_is_read_as_a_users_is_noticed():
    (found,) = read("0 1 * * * root backup\n")
    assert "--system" in found.notes[0]
