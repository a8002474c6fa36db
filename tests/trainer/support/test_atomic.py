"""Files that are written whole or not at all."""

import os
import threading

import pytest

from tests.support.waiting import PATIENCE
from trainer.errors import SaveError
from trainer.support.atomic import write_whole


def test_an_earlier_file_stays_until_the_new_one_is_complete(tmp_path):
    file = tmp_path / "folder" / "a.csv"
    write_whole(file, "é")
    write_whole(file, b"later")
    assert file.read_bytes() == b"later"
    assert [path.name for path in file.parent.iterdir()] == ["a.csv"]


def test_a_device_or_a_pipe_takes_the_content_and_stays_what_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, "content")
    reader.join(PATIENCE)
    assert read == [b"content"]
    assert pipe.is_fifo()


def test_a_link_stays_and_its_file_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to("real/a.csv")
    for content in ("first", "second"):
        write_whole(link, content)
        assert link.is_symlink()
        assert (tmp_path / "real" / "a.csv").read_text() == content


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(SaveError, match="cannot write"):
        write_whole(tmp_path / "a", "content")
    assert (tmp_path / "a").is_dir()
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
