"""A resume point as bytes: exact when it is whole, refused in one line when it is anything else."""

import math
import os
import random

import pytest
import torch

from trainer.errors import CheckpointError
from trainer.training.checkpoint import Checkpoint, pack, snapshot, unpack

RUN = {"study": "mask-f1", "trial": 12, "config": {"lr": 1e-3, "backbone": "test_vit"}, "data": {"images": "ab12"}}


def point(**values):
    base = {"run": RUN, "attempt": 2, "epoch": 5, "notes": {"reports": [[1, 0.1]]}, "state": {"w": torch.arange(3.0)}}
    return Checkpoint(**base | values)


def refusal(data, run=RUN):
    with pytest.raises(CheckpointError) as caught:
        unpack(data, run)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def train(model, optimizer, steps):
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(4, 8, generator=generator)).square().sum().backward()
        optimizer.step()


def test_a_run_goes_on_bit_for_bit():
    def fresh(seed):
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2))
        return model, torch.optim.AdamW(model.parameters(), lr=1e-2)

    model, optimizer = fresh(0)
    train(model, optimizer, 3)
    data = pack(point(state={"model": model.state_dict(), "optimizer": optimizer.state_dict(), "split": 2}))
    train(model, optimizer, 3)
    other, other_optimizer = fresh(1)
    state = unpack(data, RUN).state
    other.load_state_dict(state["model"])
    other_optimizer.load_state_dict(state["optimizer"])
    train(other, other_optimizer, 3)
    assert state["split"] == 2
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def test_every_kind_of_number_survives_exactly():
    numbers = [0.1 + 0.2, 1e-320, math.inf, -0.0, 1 / 3, 2**60]
    halves = torch.tensor([1 / 3, 1e-30, math.nan], dtype=torch.bfloat16)
    back = unpack(pack(point(notes={"numbers": numbers, "ä": None, "deep": {"x": [True]}}, state={"h": halves})), RUN)
    assert [repr(number) for number in back.notes["numbers"]] == [repr(number) for number in numbers]
    assert (back.notes["ä"], back.notes["deep"]) == (None, {"x": [True]})
    assert torch.equal(back.state["h"].view(torch.int16), halves.view(torch.int16))
    assert (back.run, back.attempt, back.epoch) == (RUN, 2, 5)


def test_a_flipped_bit_anywhere_is_noticed():
    data = pack(point())
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        refusal(bytes(damaged))


def test_a_file_cut_anywhere_is_noticed():
    data = pack(point())
    for length in range(len(data)):
        refusal(data[:length])
    assert refusal(data[:-1]).startswith("torn: ")
    assert refusal(data + b"\0").startswith("torn: ")
    assert refusal(b"") == "empty"


def test_what_is_no_point_is_refused():
    dice = random.Random(0)
    start = pack(point())[:25]
    for length in (1, 20, 100, 5000):
        assert refusal(dice.randbytes(length)) == "not a resume point"
        refusal(start + dice.randbytes(length))
    for version in (1, 3):
        other = refusal(b"studyhall resume point %d\n" % version + bytes(100))
        assert other == f"of another format: version b'{version}', this program reads 2"


class Trap:
    """Sets a mark when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def test_code_in_a_file_never_runs(tmp_path):
    trap = Trap()
    trap.mark = str(tmp_path / "sprung")
    assert refusal(pack(point(state={"w": trap}))).startswith("its state cannot be read (written with torch ")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"attempt": "2"}, "values that no run has"),
        ({"notes": [1]}, "values that no run has"),
        ({"state": torch.zeros(1)}, "its state is not one of a run"),
    ],
)
def test_a_whole_file_that_no_run_wrote(values, line):
    assert line in refusal(pack(point(**values)))


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (RUN | {"trial": 13}, "of another run: trial is 12 there and 13 here"),
        (RUN | {"config": RUN["config"] | {"lr": 2e-3}}, "of another run: config.lr is 0.001 there and 0.002 here"),
        (RUN | {"seed": 1}, "of another run: seed is missing there and 1 here"),
        ({key: RUN[key] for key in ("study", "trial", "config")}, "of another run: data is {"),
        (RUN | {"study": "x" * 200}, "xxx... here"),
    ],
)
def test_a_point_of_another_run_says_what_differs(run, line):
    assert line in refusal(pack(point()), run)


def test_a_run_is_compared_as_json():
    classes = {"classes": ("a", "b"), 1: "one"}
    assert unpack(pack(point(run=classes)), classes).run == {"classes": ["a", "b"], "1": "one"}


def trained(device):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.BatchNorm2d(64), torch.nn.Conv2d(64, 64, 3))
    model = model.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

    def step():
        optimizer.zero_grad()
        model(torch.ones(2, 3, 16, 16, device=device)).square().sum().backward()
        optimizer.step()

    step()
    return lambda: {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, step


def check_snapshot(device):
    state, step = trained(device)
    before = pack(point(state=state()))
    copy = snapshot(state())
    for _ in range(50):  # on a GPU they are queued while the copy is still being made
        step()
    assert pack(point(state=copy())) == before or device != "cpu"  # the bytes name the device
    there, here = unpack(before, RUN).state, unpack(pack(point(state=copy())), RUN).state
    assert type(here["model"]) is type(there["model"])
    for name, tensor in there["model"].items():
        assert torch.equal(here["model"][name], tensor), name
        assert here["model"][name].stride() == tensor.stride()
        assert not torch.equal(state()["model"][name].cpu(), tensor), name
    for number, slots in there["optimizer"]["state"].items():
        for name, tensor in slots.items():
            assert torch.equal(here["optimizer"]["state"][number][name], tensor)
    assert here["optimizer"]["param_groups"] == there["optimizer"]["param_groups"]
    assert here["epoch"] == 3


def test_a_snapshot_is_the_state_as_it_was():
    check_snapshot("cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_snapshot_of_a_gpu_is_the_state_as_it_was():
    check_snapshot("cuda")


def test_a_snapshot_holds_weights_of_several_names_once():
    weights = torch.zeros(100_000)
    copy = snapshot({"encoder": weights, "decoder": weights, "other": weights.clone()})()
    assert copy["encoder"].data_ptr() == copy["decoder"].data_ptr() != weights.data_ptr()
    assert copy["other"].data_ptr() != copy["encoder"].data_ptr()
    assert len(pack(point(state=copy))) < 2.2 * 400_000
