"""What stands on which stream, and what is loaded when."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "tensorflow", "keras", "rich", "cv2", "h5py")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"]])
def test_help_and_version_load_nothing_heavy(arguments):
    code = (
        "import sys\nfrom mnistcli.cli import main\nsys.argv = ['mnistcli', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end\n"
        f"loaded = set(sys.modules) & set({HEAVY!r})\nsys.exit(f'loaded {{loaded}}' if loaded else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
