"""report.html: one page that needs nothing else."""

import re
import shutil
from html.parser import HTMLParser

import pytest

from mnistcli.figures.report import command
from mnistcli.runs.run import Run

VOID = {"meta", "img"}


class Page(HTMLParser):
    """What a page holds; fails where its elements do not close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


@pytest.fixture(scope="module")
def run(runs_dir, data_dir, mnistcli, tmp_path_factory):
    copy = shutil.copytree(runs_dir / "first", tmp_path_factory.mktemp("runs") / "<b>&'first'")
    result = mnistcli("evaluate", copy, "--report", "--quiet", "--data-dir", data_dir)
    assert result.returncode == 0, result.stderr
    return copy


@pytest.fixture(scope="module")
def source(run):
    return (run / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


@pytest.fixture(scope="module")
def text(page):
    return " ".join(" ".join(page.text).split())


def test_the_page_names_the_run_and_its_accuracy(text):
    assert re.search(r"<b>&'first' on synthetic test: \d+\.\d\d% read right", text)


def test_the_page_holds_configuration_data_and_versions(text, run):
    manifest = Run.read(run)
    for fact in ("rmsprop", "batch size 128", manifest.datasets[0]["digest"], *manifest.versions):
        assert fact in text


def test_the_page_holds_curves_confusion_mistakes_and_reliability(page, source):
    charts = [attributes.get("aria-label") for tag, attributes in page.elements if tag == "svg"]
    assert charts == ["learning curves", "reliability diagram"]
    assert 'class="confusion"' in source
    assert "mistake" in source


def test_the_page_asks_nobody_for_anything(page, source):
    for _, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "xlink:href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,"))
    styles = re.findall(r"url\(([^)]*)\)", source)
    assert all(target.startswith("#") for target in styles)
    assert "@import" not in source


def test_the_page_runs_no_script(page):
    assert not any(tag == "script" for tag, _ in page.elements)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    policies = [a["content"] for _, a in page.elements if a.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_the_page_has_colours_for_light_dark_and_paper(source):
    assert "prefers-color-scheme: dark" in source
    assert "@media print" in source


def test_every_chart_takes_the_colours_of_the_page(source):
    charts = "".join(re.findall(r"<svg.*?</svg>", source, re.DOTALL))
    assert "var(--ink)" in charts
    assert set(re.findall(r"#[0-9a-f]{6}\b", charts)) == set()


def test_every_picture_has_a_text(page):
    assert all(attributes["alt"] for tag, attributes in page.elements if tag == "img")


def test_the_command_in_the_page_is_one_that_train_takes(run):
    from mnistcli.commands.options.training import named
    from mnistcli.commands.train import train

    words = " ".join(command(Run.read(run))).split()
    assert words[:2] == ["mnistcli", "train"]
    parsed = named(train.make_context("train", words[2:]).params)
    config = Run.read(run).config.to_json()
    assert {name: parsed[name] for name in config if name in parsed} == {
        name: tuple(value)
        if name in ("hidden", "added")
        else value or None
        if name == "metric"
        else value
        for name, value in config.items()
        if name in parsed
    }
