"""Run folders: made by `train`, read by everything else."""

import hashlib
import json
import shutil
from dataclasses import replace

import pytest

from mnistcli.errors import RunError
from mnistcli.networks.catalogue import configure
from mnistcli.runs import finding, folders, run
from mnistcli.runs.run import Run

CONFIG = configure(dataset="synthetic", seed=7)
DATASET = {"name": "synthetic", "digest": "0" * 64}
VERSIONS = {"mnistcli": "0.1.0"}
ARTIFACTS = ("model.keras", "model.tflite", "metrics.json")


def create(folder, name=None):
    return run.create(folders.reserve(folder, name, CONFIG.model), CONFIG, [DATASET], VERSIONS)


def create_complete(folder, name):
    this = create(folder, name)
    for artifact in ARTIFACTS:
        (this.path / artifact).write_text(f"content of {artifact}")
    return run.complete(this, 1.0)


def manifest(this):
    return json.loads((this.path / "run.json").read_bytes())


@pytest.fixture
def edit(tmp_path):
    """Change a complete run's manifest by hand, and return its folder."""

    def change(**changes):
        this = create_complete(tmp_path, "edited")
        (this.path / "run.json").write_text(json.dumps({**manifest(this), **changes}))
        return this.path

    return change


def test_a_new_run_is_training(tmp_path):
    this = create(tmp_path, "a")
    assert manifest(this)["status"] == "training"
    assert not this.complete


def test_the_manifest_holds_version_configuration_dataset_seed_and_versions(tmp_path):
    written = manifest(create(tmp_path, "a"))
    assert written["version"] == 1
    assert written["config"] == CONFIG.to_json()
    assert written["dataset"] == DATASET
    assert written["seed"] == 7
    assert written["versions"] == VERSIONS


def test_a_complete_run_lists_size_and_sha256_of_every_artifact(tmp_path):
    written = manifest(create_complete(tmp_path, "a"))
    assert written["status"] == "complete"
    assert written["artifacts"] == {
        name: {
            "size": len(f"content of {name}"),
            "sha256": hashlib.sha256(f"content of {name}".encode()).hexdigest(),
        }
        for name in ("model.keras", "model.tflite", "metrics.json")
    }


def test_a_run_is_read_as_it_was_written(tmp_path):
    written = create_complete(tmp_path, "a")
    assert Run.read(written.path) == written


def test_a_run_cannot_be_complete_without_its_files(tmp_path):
    this = create(tmp_path, "a")
    with pytest.raises(FileNotFoundError):
        run.complete(this, 1.0)
    assert not Run.read(this.path).complete


def test_a_run_without_a_name_is_called_after_model_and_time(tmp_path):
    assert create(tmp_path).name.startswith("mlp-2")


def test_runs_of_the_same_second_get_different_names(tmp_path):
    assert len({create(tmp_path).name for _ in range(3)}) == 3


def test_the_runs_folder_is_made_when_missing(tmp_path):
    assert create(tmp_path / "some" / "runs", "a").path.is_dir()


def test_a_name_that_is_taken_is_refused_and_the_run_kept(tmp_path):
    first = create_complete(tmp_path, "a")
    with pytest.raises(RunError, match=r"already a run a .* Choose another --name"):
        create(tmp_path, "a")
    assert Run.read(first.path) == first


@pytest.mark.parametrize("name", ["../a", "a/b", "/tmp/a", "", ".", "..", ".hidden", "-dash"])
def test_a_name_that_is_no_plain_folder_name_is_refused(tmp_path, name):
    with pytest.raises(RunError, match="cannot be a run's name"):
        create(tmp_path / "runs", name)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["with spaces", "ünïcödé", "a.b", "3"])
def test_other_names_are_fine(tmp_path, name):
    assert create(tmp_path, name).path == tmp_path / name


def test_a_folder_without_a_manifest_is_not_a_run(tmp_path):
    with pytest.raises(RunError, match="is not a run: expected a folder made by `mnistcli train`"):
        Run.read(tmp_path)


def test_a_file_is_not_a_run(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(RunError, match="is not a run"):
        Run.read(tmp_path / "a")


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "null", '"text"', "[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError):
        Run.read(tmp_path)


def test_a_manifest_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "run.json").write_bytes(b'{"version": 1, "\xff": 1}')
    with pytest.raises(RunError, match="damaged"):
        Run.read(tmp_path)


@pytest.mark.parametrize(
    ("version", "whose"), [(2, "a newer"), (0, "another"), (None, "another"), ("1", "another")]
)
def test_a_run_of_another_version_is_refused_with_a_sentence_that_helps(edit, version, whose):
    expected = f"by {whose} mnistcli: expected run version 1, got {version!r}. Use the mnistcli"
    with pytest.raises(RunError, match=expected):
        Run.read(edit(version=version))


@pytest.mark.parametrize(
    "changes",
    [
        {"config": None},
        {"config": {}},
        {"dataset": "mnist"},
        {"dataset": {}},
        {"versions": []},
        {"artifacts": {"model.keras": None}},
        {"artifacts": {"model.keras": {"size": "big", "sha256": ""}}},
        {"artifacts": []},
    ],
)
def test_a_manifest_with_a_foreign_value_is_refused(edit, changes):
    with pytest.raises(RunError):
        Run.read(edit(**changes))


def test_an_artifact_that_is_what_training_wrote_is_returned(tmp_path):
    this = create_complete(tmp_path, "a")
    assert this.verified("model.keras") == b"content of model.keras"


@pytest.mark.parametrize("content", [b"content of model.kerax", b"", b"content of model.keras "])
def test_an_artifact_that_changed_is_refused(tmp_path, content):
    this = create_complete(tmp_path, "a")
    (this.path / "model.keras").write_bytes(content)
    with pytest.raises(RunError, match="is not the file that training wrote: expected 22 bytes"):
        this.verified("model.keras")


def test_an_artifact_that_is_missing_is_refused(tmp_path):
    this = create_complete(tmp_path, "a")
    (this.path / "model.keras").unlink()
    with pytest.raises(RunError, match="is not the file that training wrote"):
        this.verified("model.keras")


def test_a_file_that_the_manifest_does_not_list_is_refused(edit):
    folder = edit(artifacts={})
    with pytest.raises(RunError, match="expected no such file"):
        Run.read(folder).verified("model.keras")


def test_artifacts_of_an_unfinished_run_are_refused(tmp_path):
    this = create_complete(tmp_path, "a")
    replace(this, status="training").write()
    with pytest.raises(RunError, match="not complete"):
        Run.read(this.path).verified("model.keras")


def test_a_name_finds_the_run_under_the_runs_folder(tmp_path):
    this = create_complete(tmp_path, "a")
    create_complete(tmp_path, "b")
    assert finding.find(tmp_path, "a") == this


def test_a_path_finds_the_run_anywhere(tmp_path):
    this = create_complete(tmp_path / "elsewhere", "a")
    assert finding.find(tmp_path / "runs", str(this.path)) == this


def test_without_a_name_the_newest_complete_run_is_found(tmp_path):
    create_complete(tmp_path, "z-oldest")
    newest = create_complete(tmp_path, "b")
    create(tmp_path, "a-unfinished")
    assert finding.find(tmp_path, None) == newest


def test_a_copied_run_keeps_its_age(tmp_path):
    oldest = create_complete(tmp_path, "oldest")
    newest = create_complete(tmp_path, "newest")
    shutil.copytree(oldest.path, tmp_path / "copy")
    assert finding.find(tmp_path, None) == newest


def test_without_any_run_it_is_the_one_that_comes_with_mnistcli(tmp_path):
    found = finding.find(tmp_path / "missing", None)
    assert found.pretrained
    assert found == finding.find(tmp_path, "pretrained")
    assert found.config.datasets == ("mnist", "synthetic")
    assert sum(path.stat().st_size for path in found.path.iterdir()) < 1_000_000
    assert found.verified("model.tflite")


def test_a_run_of_one_s_own_may_be_called_pretrained(tmp_path):
    own = create_complete(tmp_path, "pretrained")
    assert finding.find(tmp_path, "pretrained") == own
    assert not own.pretrained


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path):
    create_complete(tmp_path, "baseline")
    with pytest.raises(RunError, match=r"Did you mean baseline\?"):
        finding.find(tmp_path, "basline")


def test_folders_that_are_no_runs_are_passed_over(tmp_path):
    create_complete(tmp_path, "a")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{")
    assert [each.name for each in finding.runs(tmp_path)] == ["a"]


def test_runs_come_newest_first(tmp_path):
    for name in ("b", "a", "c"):
        create(tmp_path, name)
    assert [each.name for each in finding.runs(tmp_path)] == ["c", "a", "b"]
