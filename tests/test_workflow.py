"""The whole workflow, as a stranger's shell script."""


def test_a_strangers_shell_script_works_with_files_from_a_loopback_server(workflow):
    code, said = ((workflow / name).read_text() for name in ("returncode", "stdout"))
    assert (code, said) == ("0", "all as promised\n"), (workflow / "stderr").read_text()
