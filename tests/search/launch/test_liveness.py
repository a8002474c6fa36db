from search.launch import liveness as pulse
from search.launch.liveness import LivenessFile


def test_a_pulse_beats_every_few_seconds(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(pulse.time, "monotonic", lambda: now)
    file = tmp_path / "pulse"
    heart = LivenessFile(file)
    heart.touch()
    file.unlink()  # raises if the first beat made none
    heart.touch()
    assert not file.exists()
    now += pulse.SECONDS
    heart.touch()
    assert file.exists()


def test_a_pulse_that_cannot_be_written_stops_nothing(tmp_path, caplog):
    LivenessFile(tmp_path / "missing" / "pulse").touch()
    assert "could not be touched" in caplog.text


def test_without_a_file_nothing_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LivenessFile(None).touch()
    assert not list(tmp_path.iterdir())
