"""The weekly workflow runs what exists, with no more rights than it needs."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from cruxes.command.app import app

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / ".github" / "workflows" / "update.yml").read_text()
WORKFLOW = yaml.safe_load(TEXT)
STEPS = WORKFLOW["jobs"]["update"]["steps"]
SCRIPT = "\n".join(step["run"] for step in STEPS if "run" in step)
RSI = sorted(set(re.findall(r"\brsi (.*?)(?: *(?:\|\||>|;|$))", SCRIPT, re.MULTILINE)))
MAKE = sorted(set(re.findall(r"\bmake ([a-z-]+)", SCRIPT)))


def test_it_runs_weekly_and_by_hand_and_never_on_somebodys_pull_request():
    events = WORKFLOW[True]  # YAML 1.1 reads the key "on" so
    assert events.keys() == {"schedule", "workflow_dispatch"}
    (when,) = events["schedule"]
    assert when["cron"].split()[2:4] == ["*", "*"]
    assert when["cron"].split()[4].isdigit()


def test_it_may_push_a_branch_and_open_a_pull_request_and_nothing_else():
    assert WORKFLOW["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert not re.search(r"secrets\.", TEXT)


def test_every_action_is_pinned_to_a_major_version_and_those_of_ci_to_the_same():
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    used = dict(step["uses"].split("@") for step in STEPS if "uses" in step)
    assert all(re.fullmatch(r"v\d+", version) for version in used.values())
    shared = {name: version for name, version in re.findall(r"uses: (\S+)@(\S+)", ci) if name in used}
    assert shared
    assert used.items() >= shared.items()


def test_it_fetches_imports_updates_and_says_so():
    order = [SCRIPT.index(part) for part in ("evidence fetch", "evidence import", "rsi update --words", "gh pr create")]
    assert order == sorted(order)


def test_nothing_from_outside_is_pasted_into_a_script():
    assert "${{" not in SCRIPT


@pytest.mark.parametrize("target", MAKE)
def test_make_has_the_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", RSI)
def test_rsi_has_the_command_and_its_options(line):
    command = typer.main.get_command(app)
    words = shlex.split(line)
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, f"no command {words[0]} in `rsi {line}`"
        command = command.commands[words.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
