"""TensorFlow's chatter is kept off stderr; real errors pass."""

import signal
import subprocess
import sys

import pytest

CHATTER = [
    "2026-01-02 03:04:05.678901: I tensorflow/core/platform/cpu_feature_guard.cc:210] This binary",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.",
    "2026-01-02 03:04:05.678901: W tensorflow/core/lib/random/random.cc:10] something mild",
    "I0000 00:00:1795340731.330201   15873 single_machine.cc:376] Starting new session",
    "W0000 00:00:1795340731.710184   15873 tf_tfl_flatbuffer_helpers.cc:364] Ignored output_format.",
    "E0000 00:00:1795340873.324593   17619 cuda_platform.cc:52] failed call to cuInit: INTERNAL",
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
]

ERRORS = [
    "E0000 00:00:1795340873.324593   17619 executor.cc:52] Executor failed: out of memory",
    "F0000 00:00:1795340873.324593   17619 tensor.cc:52] Check failed: dtype() == expected",
    "2026-01-02 03:04:05.678901: E tensorflow/core/framework/op.cc:1] a real error",
    "2026-01-02 03:04:05.678901: F tensorflow/core/framework/op.cc:1] a fatal error",
    "malloc(): corrupted top size",
    "Fatal Python error: Segmentation fault",
    "WARNING: something else altogether",
]


def run(code):
    """Run Python with the filter on; file descriptor 2 is what C++ writes to."""
    prelude = "import os, signal, sys\nfrom mnistcli.terminal import chatter\nchatter.silence()\n"
    return subprocess.run(
        [sys.executable, "-c", prelude + code], capture_output=True, text=True, check=False
    )


def write(text):
    return f"os.write(2, {text.encode()!r})\n"


@pytest.mark.parametrize("line", CHATTER)
def test_chatter_does_not_pass(line):
    assert run(write(f"{line}\n")).stderr == ""


@pytest.mark.parametrize("line", ERRORS)
def test_a_real_error_passes_as_it_is(line):
    assert run(write(f"{line}\n")).stderr == f"{line}\n"


def test_errors_among_chatter_pass_in_their_order():
    lines = [line for pair in zip(CHATTER, ERRORS, strict=False) for line in pair]
    assert run(write("\n".join(lines) + "\n")).stderr.splitlines() == ERRORS


def test_a_line_written_in_pieces_is_judged_whole():
    pieces = [CHATTER[0][:10], CHATTER[0][10:40], CHATTER[0][40:] + "\n"]
    assert run("".join(map(write, pieces))).stderr == ""


@pytest.mark.parametrize("order", ["0 0 1 1 2 2", "0 1 0 1 2 2", "0 0 1 2 1 2"])
def test_a_note_that_two_processes_write_at_the_same_time_does_not_pass(order):
    parts = ["INFO: ", CHATTER[-1].removeprefix("INFO: "), "\n"]
    assert run("".join(write(parts[int(part)]) for part in order.split())).stderr == ""


def test_a_last_line_without_an_end_passes():
    assert run(write("no end of line")).stderr == "no end of line"


def test_bytes_that_are_not_utf_8_pass():
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os\nfrom mnistcli.terminal import chatter\nchatter.silence()\nos.write(2, b'\\xff\\n')",
        ],
        capture_output=True,
        check=False,
    )
    assert result.stderr == b"\xff\n"


def test_what_python_prints_to_stderr_passes_whatever_it_says():
    assert run(f"print({CHATTER[3]!r}, file=sys.stderr)\n").stderr == f"{CHATTER[3]}\n"


def test_stdout_is_left_alone():
    assert run(f"print({CHATTER[3]!r})\n").stdout == f"{CHATTER[3]}\n"


@pytest.mark.parametrize("end", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL])
def test_the_last_words_before_a_hard_crash_come_through(end):
    result = run(write("F0000 last words\n") + f"os.kill(os.getpid(), {int(end)})\n")
    assert result.returncode == -end
    assert result.stderr == "F0000 last words\n"


def test_the_exit_code_stays():
    assert run("sys.exit(7)\n").returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_filter_outlives_a_signal_to_the_whole_group(number):
    code = f"signal.signal({int(number)}, lambda *_: None)\nos.kill(0, {int(number)})\n" + write(
        "still here\n"
    )
    prelude = "import os, signal, sys\nfrom mnistcli.terminal import chatter\nchatter.silence()\n"
    result = subprocess.run(
        [sys.executable, "-c", prelude + code],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert result.stderr == "still here\n"


def test_much_output_passes_whole():
    result = run("for n in range(20_000):\n    os.write(2, b'E%d\\n' % n)\n")
    assert result.stderr == "".join(f"E{n}\n" for n in range(20_000))


def test_a_closed_stderr_is_no_error():
    command = (
        'exec "$0" -c "from mnistcli.terminal import chatter; chatter.silence(); print(1)" 2>&-'
    )
    result = subprocess.run(
        ["bash", "-c", command, sys.executable], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "1\n")


def test_the_filter_ends_with_its_parent_though_another_process_holds_the_pipe():
    code = (
        "import os, subprocess, sys\nfrom mnistcli.terminal import chatter\nchatter.silence()\n"
        "held = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "os.write(2, b'real error\\n')\nos.set_inheritable(held.stdin.fileno(), True)\n"
        "if not os.fork():\n    os.read(0, 1)\n    os._exit(0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.wait(timeout=60) == 0
    assert process.stderr.readline() == b"real error\n"
    process.stdin.close()
