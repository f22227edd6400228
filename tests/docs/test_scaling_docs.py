"""The recipes of docs/scaling.md do what they say."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from common import workers

from mnistcli.runs.run import Run
from mnistcli.sweeps import table as tables

TEXT = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
SMALL = "--dataset synthetic --epochs 1 --hidden 16 --optimizer"
BLOCKS = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)


def recipe(text):
    (found,) = [block for block in BLOCKS if text in block]
    return found


@pytest.fixture
def environment(tmp_path):
    """An environment in which `mnistcli` is found, and stubs may be put before it."""
    (tmp_path / "bin").mkdir()
    path = f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def stub(folder, name, script):
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_each_of_two_terminals_says_who_it_is(tmp_path, environment):
    stub(tmp_path, "mnistcli", 'echo "$@" "$TF_CONFIG"')
    said = [
        subprocess.run(
            ["bash", "-c", recipe(f"# {each} terminal")],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for each in ("first", "second")
    ]
    configs = []
    for text in said:
        command, _, config = text.partition("{")
        assert command.startswith("train ")
        configs.append(json.loads("{" + config))
    assert configs[0]["cluster"] == configs[1]["cluster"]
    assert len(configs[0]["cluster"]["worker"]) == 2
    assert [config["task"]["index"] for config in configs] == [0, 1]


@pytest.mark.long
def test_two_terminals_train_together(tmp_path, tiny_data_dir, environment):
    terminals = [recipe("# first terminal"), recipe("# second terminal")]
    free = [address.rpartition(":")[2] for address in workers.free_addresses(2)]
    processes = []
    for terminal in terminals:
        script = terminal.replace("2222", free[0]).replace("2223", free[1])
        assert "mnistcli train " in script
        script = script.replace("mnistcli train ", "mnistcli train --dataset synthetic --epochs 1 ")
        processes.append(
            subprocess.Popen(
                ["bash", "-c", script],
                cwd=tmp_path,
                env=environment | {"MNISTCLI_DATA_DIR": str(tiny_data_dir)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    outputs = [process.communicate(timeout=200) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert Run.read(tmp_path / "runs" / "together").complete


def test_slurm_tells_each_task_who_it_is(tmp_path, environment):
    stub(tmp_path, "scontrol", "printf 'node1\\nnode2\\nnode3\\n'")
    stub(tmp_path, "srun", 'for SLURM_PROCID in 0 1 2; do export SLURM_PROCID; "$@"; done')
    stub(tmp_path, "mnistcli", 'echo "$TF_CONFIG"')
    result = subprocess.run(
        ["bash", "-c", recipe("#SBATCH --nodes")],
        env=environment | {"SLURM_JOB_NODELIST": "node[1-3]"},
        capture_output=True,
        text=True,
        check=True,
    )
    configs = [json.loads(line) for line in result.stdout.splitlines()]
    nodes = ["node1:2222", "node2:2222", "node3:2222"]
    assert [config["cluster"] for config in configs] == [{"worker": nodes}] * 3
    assert [config["task"]["index"] for config in configs] == [0, 1, 2]


def test_a_slurm_array_and_an_indexed_job_share_a_sweep_out(tmp_path, tiny_data_dir, environment):
    """A task of the one and a task of the other, in folders of their own: copied into one, a sweep."""
    job = re.search(r"^ *(mnistcli sweep .*JOB_COMPLETION_INDEX.*)$", TEXT, re.MULTILINE)[1]
    tasks = {"SLURM_ARRAY_TASK_ID": recipe("sweep --optimizer"), "JOB_COMPLETION_INDEX": job}
    for number, (name, script) in enumerate(tasks.items()):
        small = script.replace("--optimizer", SMALL).replace("--seeds 20", "--seeds 1")
        small = small.replace("rmsprop,adam,sgd", "adam,sgd").replace("/10", "/2")
        own = {name: str(number), "MNISTCLI_RUNS_DIR": str(tmp_path / f"runs-{number}")}
        subprocess.run(
            ["sh", "-c", small],
            env=environment | own | {"MNISTCLI_DATA_DIR": str(tiny_data_dir)},
            capture_output=True,
            check=True,
        )
    parts = [sorted(path.name for path in (tmp_path / f"runs-{k}").iterdir()) for k in (0, 1)]
    assert parts == [["optimizers-000"], ["optimizers-001"]]
    for number in (0, 1):
        shutil.copytree(tmp_path / f"runs-{number}", tmp_path / "runs", dirs_exist_ok=True)
    assert len(tables.read(tmp_path / "runs", "optimizers").rows) == 2
