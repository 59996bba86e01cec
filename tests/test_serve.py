"""`make run`: one command brings everything up, Ctrl-C takes everything down."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from incubator.settings import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "OWNER_DATABASE_URL")}
    environment |= {"INSTANCE_FOLDER": str(folder), "PORT": str(port), "DEMO": "no"}
    return subprocess.Popen(
        [sys.executable, "-m", "incubator.serve"],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("Ready:"):
            return
    pytest.fail("it ended before it was ready")


def of_folder(folder: Path) -> list[psutil.Process]:
    """The processes that mention the instance folder, PostgreSQL among them."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) or process.environ().get("INSTANCE_FOLDER") == str(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def test_a_port_that_is_taken_is_said_before_anything_is_started(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        process = start(folder, port)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and said.strip() == (
        f"Port {port} is taken by another program; choose another, or leave PORT away.")  # fmt: skip
    assert of_folder(folder) == [] and not (folder / "postgres").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o755)  # root's PostgreSQL runs as a user of its own
    return tmp_path / "instance"


def test_it_serves_and_ctrl_c_ends_every_process(folder: Path) -> None:
    port = free_port()
    process = start(folder, port)
    try:
        wait_until_ready(process)
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            assert answer.status == 200
        names = {Path(each.cmdline()[0]).name for each in of_folder(folder) if each.cmdline()}
        assert any(name.startswith("postgres") for name in names)
        assert len(of_folder(folder)) >= 5  # ourselves, gunicorn and its two, the worker, PostgreSQL's
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        deadline = time.monotonic() + 5
        while of_folder(folder) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert of_folder(folder) == []
    finally:
        process.kill()


def test_it_says_so_where_it_runs_already(folder: Path) -> None:
    first, second = start(folder, free_port()), None
    try:
        wait_until_ready(first)
        second = start(folder, free_port())
        output, _ = second.communicate(timeout=30)
        assert second.returncode == 1
        assert "running already" in output
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGINT)
        first.wait(30)
        if second:
            second.kill()
