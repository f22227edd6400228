"""Models that were damaged or made to harm: refused before any of them runs."""

import hashlib
import io
import json
import os
import random
import shutil
import zipfile

import numpy as np
import pytest

from mnistcli.errors import ModelError, RunError
from mnistcli.networks import archive
from mnistcli.reading.classifier import Classifier
from mnistcli.runs.run import Run


@pytest.fixture
def run(runs_dir, tmp_path):
    """A complete run of its own."""
    shutil.copytree(runs_dir / "first", tmp_path / "first")
    return tmp_path / "first"


def forge(run, name, content):
    """Replace an artifact, and make run.json vouch for it."""
    (run / name).write_bytes(content)
    manifest = json.loads((run / "run.json").read_text())
    manifest["artifacts"][name] = {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (run / "run.json").write_text(json.dumps(manifest))


def rewritten(original, change, extra=()):
    """Return a .keras archive with its configuration changed and members added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(original)) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            copy.writestr(name, content)
        for name, content in extra:
            copy.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
@pytest.mark.parametrize("damage", ["flipped bit", "truncated", "empty", "gone", "longer"])
def test_an_artifact_that_is_not_what_training_wrote_is_refused(run, name, damage):
    path = run / name
    content = bytearray(path.read_bytes())
    match damage:
        case "flipped bit":
            content[len(content) // 2] ^= 1
        case "truncated":
            content = content[:1000]
        case "empty":
            content = b""
        case "longer":
            content += b"x"
    path.unlink() if damage == "gone" else path.write_bytes(content)
    engine = "keras" if name == "model.keras" else "litert"
    with pytest.raises(RunError, match=f"{name} is not the file that training wrote"):
        Classifier.load(run, engine)


def lambda_layer(config):
    config["config"]["layers"].insert(
        2,
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {
                "name": "evil",
                "function": {"class_name": "__lambda__", "config": {"code": "4wA="}},
            },
            "registered_name": None,
        },
    )


def custom_object(config):
    config["config"]["layers"][1]["registered_name"] = "evil>Layer"


def other_module(config):
    config["config"]["layers"][1] |= {"module": "os", "class_name": "system"}


def hidden_module(config):
    layer = config["config"]["layers"][3]["config"]
    layer["kernel_initializer"] = {"module": "subprocess", "class_name": "Popen", "config": {}}


def keras_function(config):
    config["compile_config"]["loss"] = {
        "module": "keras.utils",
        "class_name": "get_file",
        "config": {"origin": "http://127.0.0.1/"},
    }


def file_reading_layer(config):
    config["config"]["layers"][1] |= {
        "class_name": "StringLookup",
        "config": {"vocabulary": "/etc/passwd"},
    }


def foreign_savedmodel(config):
    config["config"]["layers"][1] |= {"class_name": "TFSMLayer", "config": {"filepath": "/tmp"}}


def disguised_as_what_a_graph_passes_on(config):
    config["config"]["layers"][1] |= {"module": "os", "class_name": "__keras_tensor__"}


def another_operation(config):
    config["config"]["layers"][1] |= {"module": "keras.src.ops.core", "class_name": "Map"}


def deeply_nested(config):
    value = config["config"]
    for _ in range(900):
        value["x"] = {}
        value = value["x"]
    value["module"] = "os"


@pytest.mark.parametrize(
    "change",
    [
        lambda_layer,
        custom_object,
        other_module,
        hidden_module,
        keras_function,
        file_reading_layer,
        foreign_savedmodel,
        disguised_as_what_a_graph_passes_on,
        another_operation,
        deeply_nested,
    ],
)
def test_an_archive_that_asks_for_more_than_built_in_layers_is_refused(run, change):
    forged = rewritten((run / "model.keras").read_bytes(), change)
    with pytest.raises(ModelError):
        archive.check(forged)


@pytest.mark.parametrize(
    "name", ["extra.txt", "../outside", "/etc/outside", "assets/x", "config.json"]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_other_members_is_refused(run, name):
    forged = rewritten((run / "model.keras").read_bytes(), lambda config: None, [(name, b"{}")])
    with pytest.raises(ModelError, match="not one of ours"):
        archive.check(forged)


def test_an_archive_that_unpacks_to_too_much_is_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as forged:
        forged.writestr("metadata.json", "{}")
        forged.writestr("config.json", "{}")
        with forged.open("model.weights.h5", "w") as member:
            for _ in range(300):
                member.write(bytes(2**20))
    with pytest.raises(ModelError, match="unpacks to more"):
        archive.check(target.getvalue())


def test_bytes_that_are_no_archive_are_refused():
    with pytest.raises(ModelError, match="damaged"):
        archive.check(b"PK\x03\x04 not really")


def test_our_own_archives_pass(run):
    archive.check((run / "model.keras").read_bytes())


def test_a_forged_lambda_is_refused_by_the_command_line_before_it_runs(run, mnistcli, data_dir):
    forge(run, "model.keras", rewritten((run / "model.keras").read_bytes(), lambda_layer))
    result = mnistcli("evaluate", run, "--engine", "keras", "--data-dir", data_dir)
    assert result.returncode == 1
    assert "keras.layers.Lambda" in result.stderr
    assert "Traceback" not in result.stderr


def survives(content) -> bool:
    """Whether a process that opens and runs these bytes ends in its own way, not by a signal."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            Classifier.on_litert(content).predict(np.zeros((3, 28, 28), np.uint8))
        except ModelError:
            os._exit(0)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def test_a_mutated_flatbuffer_is_an_error_and_never_a_crash(request, run):
    original = (run / "model.tflite").read_bytes()
    for seed in range(3000 if request.config.getoption("--long") else 100):
        chance = random.Random(seed)
        content = bytearray(original)
        # The structure lies at both ends, the weights between them.
        low, high = [(0, 600), (len(content) - 4000, len(content)), (0, len(content))][seed % 3]
        for _ in range(chance.randint(1, 12)):
            content[chance.randrange(low, high)] = chance.randrange(256)
        if seed % 10 == 0:
            content = content[: chance.randrange(len(content))]
        assert survives(bytes(content)), f"seed {seed}"


def test_a_tensor_whose_name_is_no_text_is_refused(run):
    from ai_edge_litert.interpreter import Interpreter

    original = (run / "model.tflite").read_bytes()
    (entry,) = Interpreter(model_content=original).get_input_details()
    damaged = original.replace(entry["name"].encode(), b"\xf7" * len(entry["name"]))
    assert damaged != original
    with pytest.raises(ModelError, match="LiteRT cannot use the model"):
        Classifier.on_litert(damaged).predict(np.zeros((1, 28, 28), np.uint8))


def test_a_flatbuffer_of_another_shape_is_refused(run):
    with pytest.raises(ModelError):
        Classifier.on_litert(b"")
    with pytest.raises(ModelError):
        Classifier.on_litert(bytes(1000))


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_run_of_another_version_is_refused_with_what_to_do(run, version):
    manifest = json.loads((run / "run.json").read_text())
    manifest["version"] = version
    (run / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="expected run version 1, got .*train it again"):
        Run.read(run)
