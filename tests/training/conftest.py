"""What tests of training share."""

import pytest
from swept import SETTINGS


@pytest.fixture(scope="session")
def swept(mnistcli, tiny_data_dir, filled_once):
    """A folder with `runs`, of the sweep `opt`, and what it printed and said."""

    def fill(folder):
        options = ("--optimizer", "sgd,adam", "--seeds", 2, "--name", "opt", "--jobs", 2, "--json")
        where = ("--data-dir", tiny_data_dir, "--runs-dir", folder / "runs")
        result = mnistcli("sweep", *SETTINGS, *options, *where)
        assert result.returncode == 0, result.stderr
        (folder / "stdout").write_text(result.stdout)
        (folder / "stderr").write_text(result.stderr)

    return filled_once("swept", fill)
