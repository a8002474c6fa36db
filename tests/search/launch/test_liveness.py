from search.launch import liveness as pulse
from search.launch.liveness import Pulse


def test_a_pulse_beats_every_few_seconds(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(pulse.time, "monotonic", lambda: now)
    file = tmp_path / "pulse"
    heart = Pulse(file)
    heart.beat()
    file.unlink()  # raises if the first beat made none
    heart.beat()
    assert not file.exists()
    now += pulse.SECONDS
    heart.beat()
    assert file.exists()


def test_a_pulse_that_cannot_be_written_stops_nothing(tmp_path, caplog):
    Pulse(tmp_path / "missing" / "pulse").beat()
    assert "could not be touched" in caplog.text


def test_without_a_file_nothing_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Pulse(None).beat()
    assert not list(tmp_path.iterdir())
