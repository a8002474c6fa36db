"""The table of knobs: every knob is in it, told from its declaration; the command that shows it."""

from typer.testing import CliRunner

from search.cli.main import app
from tests.support.command_line import mistake
from tests.support.repository import ROOT
from trainer.config.reference import as_markdown, knob_table
from trainer.config.train_config import TrainConfig, is_searchable
from trainer.errors import ConfigError

DOCUMENT = ROOT / "docs" / "knobs.md"


def test_the_document_has_the_table_as_it_is():
    assert DOCUMENT.read_text(encoding="utf-8").endswith(as_markdown(knob_table())), "run `make knobs`"


def test_every_knob_says_what_it_is_and_which_values_it_takes():
    rows = knob_table()
    assert [row.name for row in rows] == list(TrainConfig.model_fields)
    for row in rows:
        assert row.meaning, row.name
        assert row.values, row.name
        assert row.searched == is_searchable(row.name)
        assert all("\n" not in text for text in (row.meaning, row.source, row.helps, row.values))


def test_ranges_and_conditions_are_told():
    rows = {row.name: row for row in knob_table()}
    assert rows["focal_gamma"].values == "from 0 to 20"
    assert rows["momentum"].values == "from 0 below 1"
    assert rows["batch_size"].values == "from 2 to 65536, whole"
    assert rows["class_weights"].values == "`none`, `inverse`, `effective`"
    assert rows["step_size"].needs == '`schedule` = `"step"`'
    assert rows["weight_decay"].default == "not given"
    assert rows["backbone"].default == ""


def test_the_command_tells_all_or_one():
    runner = CliRunner()
    brief = runner.invoke(app, ["knobs"], env={"COLUMNS": "200"}).output
    assert all(name in brief for name in TrainConfig.model_fields)
    one = runner.invoke(app, ["knobs", "focal_gamma"], env={"COLUMNS": "200"}).output
    assert "source: arXiv 1708.02002" in one
    assert 'needs: loss = "focal" or second_loss = "focal"' in one
    assert runner.invoke(app, ["knobs", "--markdown"]).output == as_markdown(knob_table())


def test_an_unknown_knob_has_its_nearest_names():
    error = CliRunner().invoke(app, ["knobs", "focal_gama"]).exception
    assert isinstance(error, ConfigError)
    assert str(error).startswith("there is no knob 'focal_gama'; the nearest names are focal_gamma")
    assert mistake(["search", "knobs", "lr"]) is None
