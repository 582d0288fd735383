# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role python_environment knows when an environment must be made anew."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles:
    - pharmbio.cpsign.python_environment
  tasks:
    - ansible.builtin.copy:
        content: "{{ [python_environment_wanted, python_environment_changed] | to_json }}"
        dest: "{{ answer }}"
      check_mode: false
"""


def wanted(tmp_path: Path, package: str) -> tuple[str, bool]:
    """What the environment would be made from, and whether it would be made; check mode installs nothing."""
    play, answer = tmp_path / "play.yml", tmp_path / "answer.json"
    play.write_text(PLAYBOOK)
    variables = {
        "answer": str(answer),
        "python_environment_path": f"{tmp_path}/an environment",
        "python_environment_package": package,
    }
    ansible_playbook = Path(sys.executable).parent / "ansible-playbook"
    subprocess.run([ansible_playbook, "--check", "-e", json.dumps(variables), play], check=True)
    digest, changed = json.loads(answer.read_text())
    return digest, changed


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "a package"
    (folder / "src/thing").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\n")
    (folder / "src/thing/code.py").write_text("ANSWER = 41\n")
    return folder


def test_a_change_of_a_source_counts(tmp_path: Path, package: Path) -> None:
    before, made = wanted(tmp_path, str(package))
    assert made
    (tmp_path / "an environment").mkdir()
    (tmp_path / "an environment/made-from").write_text(before)
    assert wanted(tmp_path, str(package)) == (before, False)

    (package / "src/thing/code.py").write_text("ANSWER = 42\n")
    after, made = wanted(tmp_path, str(package))
    assert made
    assert after != before


def test_what_tests_and_tools_leave_does_not_count(tmp_path: Path, package: Path) -> None:
    before = wanted(tmp_path, str(package))[0]
    for left in ("src/thing/__pycache__/code.pyc", "src/thing.egg-info/PKG-INFO", ".pytest_cache/x", "tests/test_x.py"):
        (package / left).parent.mkdir(parents=True)
        (package / left).touch()
    assert wanted(tmp_path, str(package))[0] == before


def test_a_version_of_a_requirement_counts(tmp_path: Path) -> None:
    version = f"Python {sys.version.split()[0]}"
    assert wanted(tmp_path, "supervisor==4.3.0")[0] == f"{version} supervisor==4.3.0"
