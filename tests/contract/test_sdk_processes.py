"""Several processes that write to one run, against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.sdk_scripts import Lab, read_line
from tests.live_server import LiveServer


@pytest.fixture
def lab(shared_server: LiveServer, tmp_path: Path) -> Lab:
    name = f"u{tmp_path.parent.name[-4:]}{tmp_path.name[-12:]}".replace("_", "").lower()
    key = shared_server.adduser(name)
    return Lab(shared_server, key, name, tmp_path)


FORK = """
import os, sys, wanllm
run = wanllm.init()
for step in range(100):
    run.log({"parent": float(step)}, step=step)
children = []
for rank in range(4):
    pid = os.fork()
    if pid == 0:
        for step in range(100):
            run.log({f"rank{rank}": step + rank / 10}, step=step)
        sys.exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
for step in range(100, 200):
    run.log({"parent": float(step)}, step=step)
"""


def columns(lab: Lab) -> dict[str, list[tuple[int, float]]]:
    """Return each key's (step, value)s, in order."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in lab.rows():
        for key, value in row["values"].items():
            found.setdefault(key, []).append((row["step"], value))
    return {key: sorted(points) for key, points in found.items()}


def test_forked_children_and_their_parent_lose_nothing(lab: Lab) -> None:
    lab.run(FORK)
    assert columns(lab) == {
        "parent": [(step, float(step)) for step in range(200)],
        **{f"rank{rank}": [(step, step + rank / 10) for step in range(100)] for rank in range(4)},
    }
    assert lab.only_run()["state"] == "finished"
    assert lab.unsent() == []


MULTIPROCESSING = """
import multiprocessing, wanllm

def work(run, rank):
    for step in range(100):
        run.log({f"rank{rank}": step + rank / 10}, step=step)

if __name__ == "__main__":
    context = multiprocessing.get_context("%s")
    with wanllm.init() as run:
        children = [context.Process(target=work, args=(run, rank)) for rank in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
            assert child.exitcode == 0
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_lose_nothing(lab: Lab, method: str) -> None:
    lab.run(MULTIPROCESSING % method)
    assert columns(lab) == {
        f"rank{rank}": [(step, step + rank / 10) for step in range(100)] for rank in range(3)
    }
    assert lab.only_run()["state"] == "finished"


POOL = """
import multiprocessing, wanllm

def work(item):
    run.log({"item": float(item)}, step=item)
    return item

if __name__ == "__main__":
    run = wanllm.init()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert sum(pool.map(work, range(300))) == 44850
        pool.close()
        pool.join()
"""


def test_workers_of_a_pool_lose_nothing(lab: Lab) -> None:
    lab.run(POOL)
    assert columns(lab) == {"item": [(item, float(item)) for item in range(300)]}


WRITER = """
import time, wanllm
run = wanllm.init(id="shared", resume="allow")
for step in range({start}, 1000, 2):
    run.log({{"loss": step / 3}}, step=step)
    time.sleep(0.002)
"""


def test_two_writers_of_one_run_lose_nothing(lab: Lab) -> None:
    first = lab.start(WRITER.format(start=0))
    second = lab.start(WRITER.format(start=1))
    assert (first.wait(60), second.wait(60)) == (0, 0), lab.said()
    assert columns(lab) == {"loss": [(step, step / 3) for step in range(1000)]}
    assert len(lab.runs()) == 1


RESUMED = """
import wanllm
run = wanllm.init(id="again", resume="%s", config={"lr": %s})
for _ in range(10):
    run.log({"loss": run.step / 2})
"""


def test_resume_goes_on_after_the_last_step(lab: Lab) -> None:
    lab.run(RESUMED % ("never", 0.1))
    lab.run(RESUMED % ("must", 0.2))
    assert columns(lab) == {"loss": [(step, step / 2) for step in range(20)]}
    run = lab.only_run()
    assert run["config"] == {"lr": 0.2}
    assert run["last_step"] == 19


def test_resume_after_a_kill_goes_on_after_the_last_step_that_was_stored(lab: Lab) -> None:
    script = lab.start(
        "import time, wanllm\n"
        "run = wanllm.init(id='killed')\n"
        "for step in range(100000):\n"
        "    run.log({'loss': step / 2})\n"
        "    time.sleep(0.002)\n"
        "    if step % 100 == 0: print(step)\n"
    )
    while read_line(script.stdout) != "2000":
        assert script.poll() is None
    script.kill()
    script.wait()
    assert lab.wanllm("sync").returncode == 0
    before = len(lab.rows())
    assert before > 1500
    lab.run(
        "import wanllm\n"
        "with wanllm.init(id='killed', resume=True) as run:\n"
        "    for _ in range(10): run.log({'loss': run.step / 2})\n"
    )
    assert columns(lab) == {"loss": [(step, step / 2) for step in range(before + 10)]}


REFUSED = """
import wanllm
try:
    wanllm.init(id="again", resume="{resume}")
except wanllm.Error as error:
    print(error)
"""


def test_an_id_that_may_not_be_used_is_an_error_before_training(lab: Lab) -> None:
    lab.run(RESUMED % ("never", 0.1))
    assert "again" in lab.run(REFUSED.format(resume="never"))
    assert "again" not in lab.run(REFUSED.format(resume="allow"))
    lab.variables["WANLLM_PROJECT"] = f"{lab.org}/other"
    assert "again" in lab.run(REFUSED.format(resume="must"))
