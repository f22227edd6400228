"""What `mnistcli sweep` makes of its options, and what it refuses before the first run."""

import shutil
from pathlib import Path

import pytest

from mnistcli.commands.options import settings
from mnistcli.commands.sweep import sweep
from mnistcli.commands.train import train

OF_ONE_TRAINING = {"--resume", "--seed", "--plots"}


@pytest.fixture
def compared(tiny_data_dir):
    """Return the settings that a command line means."""

    def parse(*arguments):
        context = sweep.make_context("sweep", ["--dataset", "synthetic", *map(str, arguments)])
        given = {name: context.params[name] for name in settings.OPTIONS}
        file = context.params["file"]
        rows = settings.read(file, context) if file else []
        return settings.settings(settings.values(given), rows, tiny_data_dir, Path("runs"))

    return parse


@pytest.fixture
def refused(mnistcli_here, tiny_data_dir, tmp_path):
    """Return what a command line is refused with, before anything is trained."""

    def run(*arguments):
        where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path / "runs")
        result = mnistcli_here("sweep", "--dataset", "synthetic", *arguments, *where)
        assert (result.returncode, result.stdout) == (2, "")
        assert not (tmp_path / "runs").exists()
        return result.stderr

    return run


def options(command):
    return {name for each in command.params for name in each.opts}


def test_every_option_of_a_training_may_be_compared_by():
    assert options(train) - OF_ONE_TRAINING <= options(sweep)


@pytest.mark.parametrize(
    "arguments",
    [("--optimizer", "sgd,Adam"), ("--optimizer", "sgd", "--optimizer", "adam")],
    ids=["commas", "given again"],
)
def test_an_option_has_several_values(compared, arguments):
    found = compared(*arguments)
    assert [each.config.optimizer for each in found] == ["sgd", "adam"]
    assert [each.options for each in found] == [{"optimizer": "sgd"}, {"optimizer": "adam"}]


def test_of_an_option_that_train_takes_several_times_a_list_is_one_value(compared):
    found = compared("--hidden", "64,32", "--hidden", 16, "--hidden", 0)
    assert [each.config.hidden for each in found] == [(64, 32), (16,), ()]
    assert [each.options["hidden"] for each in found] == ["64,32", "16", "0"]


def test_a_flag_has_two_values(compared):
    found = compared("--augment", "--no-augment")
    assert [each.config.augment for each in found] == [True, False]
    assert [each.options["augment"] for each in found] == ["yes", "no"]


def test_every_combination_is_a_setting(compared):
    found = compared("--optimizer", "sgd,adam", "--learning-rate", "0.1,1e-2,0.001")
    assert [tuple(each.options.values()) for each in found] == [
        (optimizer, rate) for optimizer in ("sgd", "adam") for rate in ("0.1", "0.01", "0.001")
    ]


def test_options_that_do_not_vary_are_for_all(compared):
    found = compared("--optimizer", "sgd,adam", "--epochs", 3)
    assert [each.config.epochs for each in found] == [3, 3]
    assert list(found[0].options) == ["optimizer"]


def test_a_sixth_of_the_training_images_is_held_out_unless_told_otherwise(compared):
    assert compared()[0].config.validation_split == 1 / 6
    assert compared("--validation-split", 0.25)[0].config.validation_split == 0.25


def test_a_row_of_a_file_is_a_setting(compared, tmp_path):
    file = tmp_path / "settings.csv"
    file.write_text('optimizer,--learning-rate,hidden\nsgd,0.5,"64,32"\nadam,,16\n')
    found = compared("--settings", file)
    assert [each.options for each in found] == [
        {"optimizer": "sgd", "learning_rate": "0.5", "hidden": "64,32"},
        {"optimizer": "adam", "learning_rate": "default", "hidden": "16"},
    ]
    assert found[0].config.hidden == (64, 32)
    assert found[1].config.learning_rate is None


def test_a_setting_is_called_by_what_was_typed(refused, compared, runs_dir, tmp_path):
    shutil.copytree(runs_dir / "first", tmp_path / "second")
    found = compared("--from", f"{runs_dir / 'first'},{tmp_path / 'second'}")
    assert [list(each.options) for each in found] == [["from"]] * 2
    (tmp_path / "settings.csv").write_text("run\n1\n")
    said = refused("--settings", tmp_path / "settings.csv")
    assert "There are dataset, from, model, " in said
    assert ", learning-rate, " in said


def test_rows_of_a_file_are_combined_with_options(compared, tmp_path):
    file = tmp_path / "settings.csv"
    file.write_text("\N{BYTE ORDER MARK}augment\nyes\nno\n", encoding="utf-8")
    found = compared("--settings", file, "--epochs", "1,2")
    assert [(each.config.augment, each.config.epochs) for each in found] == [
        (augment, epochs) for augment in (True, False) for epochs in (1, 2)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names options of train"),
        ("optimiser\nsgd\n", "'optimiser'"),
        ("seed\n1\n", "seeds are given by --seeds"),
        ("optimizer,optimizer\nsgd,adam\n", "a column twice"),
        ("optimizer\nsgd\nadan\n", "row 3: Invalid value for '--optimizer'"),
        ("optimizer,epochs\nsgd\n", "row 2 has 1 cells, the first one 2"),
        ("optimizer\nsgd\nsgd\n", "two settings are the same"),
        ('optimizer\n"sgd\n', "settings.csv: unexpected end of data"),
        ("optimizer\n\xff\n", "settings.csv: "),
    ],
)
def test_a_file_that_is_wrong_is_refused(refused, tmp_path, text, said):
    file = tmp_path / "settings.csv"
    file.write_text(text, encoding="latin-1")
    assert said in refused("--settings", file)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--optimizer", "sgd,adan"), "Did you mean 'adam'"),
        (("--hidden", "64,0"), "0 asks for no hidden layer"),
        (("--model", "mlp,cnn", "--hidden", "64"), "setting model cnn: --hidden shapes mlp"),
        (("--validation-split", "0"), "holds none out"),
        (("--validation-split", "0.1,0.2"), "give one --validation-split"),
        (("--model", "nowhere.py"), "nowhere.py: No such file"),
        (("--shard", "0/2"), "have one --name"),
        (("--seeds", "0"), "--seeds"),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_run(refused, arguments, said):
    assert said in " ".join(refused(*arguments).split())


def test_an_option_that_is_a_column_too_is_refused(refused, tmp_path):
    file = tmp_path / "settings.csv"
    file.write_text("epochs\n1\n")
    assert "--epochs is a column" in refused("--settings", file, "--epochs", 2)


def test_tab_completes_the_value_behind_the_last_comma():
    values = settings.Values(settings.OPTIONS["optimizer"])
    context = sweep.make_context("sweep", [])
    offered = values.shell_complete(context, settings.OPTIONS["optimizer"], "sgd,adamw")
    assert [item.value for item in offered] == ["sgd,adamw"]
