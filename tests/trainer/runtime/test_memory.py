"""A batch that does not fit: split, remembered, gone on with, and refused where nothing helps."""

import dataclasses
import gc
import json
import math
import os
import platform
import subprocess
import sys
import weakref

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from tests.support.data_sets import make_data
from tests.support.runs import config, finish, is_equal, make_run, through_a_file
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError, DoesNotFit
from trainer.model.inference import autocast
from trainer.runtime.batch_sizes import FittingSizes
from trainer.runtime.memory import OutOfMemory, is_out_of_memory, training_limit, try_allocating
from trainer.training.batch_size import largest_batch
from trainer.training.losses import FocalLoss, soft_targets
from trainer.training.run import Run


@pytest.fixture(scope="module")
def data():
    return make_data()  # 18 images to train on, 6 to validate


@dataclasses.dataclass(frozen=True)
class Weighted:
    """Cross-entropy whose samples weigh as much as their classes say."""

    classes: tuple[float, ...]
    splittable = True

    def _weights(self, targets):
        return targets @ torch.tensor(self.classes)

    def total(self, logits, targets):
        return -(self._weights(targets) * (targets * logits.float().log_softmax(dim=1)).sum(dim=1)).sum()

    def weight(self, targets):
        return self._weights(targets).sum()


class SoftF1:
    """One minus a soft F1 over the batch, which parts do not add up to."""

    splittable = False

    def total(self, logits, targets):
        p = logits.float().softmax(dim=1)
        return len(targets) * (1 - (2 * (p * targets).sum(dim=0) / (p + targets).sum(dim=0)).mean())

    def weight(self, targets):
        return len(targets)


def bytes_kept(settings, data, images):
    """What the backward pass of so many images keeps, counted here once more (with dropping, which keeps its masks)."""
    run = make_run(settings, data)
    kept = {}
    own = {parameter.untyped_storage().data_ptr() for parameter in run.model.parameters()}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor.detach()

    pixels = run.normalization(torch.from_numpy(data.images[:images]), torch.device("cpu"))
    targets = soft_targets(torch.from_numpy(data.labels[:images]), 3)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        with autocast(torch.device("cpu"), settings.precision):
            output = run.model.train()(pixels)
        loss = FocalLoss(settings.focal_gamma).total(output, targets)
    loss.backward()
    return sum(size for place, size in kept.items() if place not in own)


def room_for(settings, data, images, **values):
    """A runtime under whose limit that many images fit at a time, and one more does not."""
    fits, fails = bytes_kept(settings, data, images), bytes_kept(settings, data, images + 1)
    return Runtime(memory_limit=(fits + fails) // 2, **values)


def one_step(settings, data, runtime, criterion):
    """Train one step; the network's parameters and their gradients."""
    run = Run(settings, dataclasses.replace(data, validation=data.validation[:0]), runtime, criterion)
    optimizer = run._step.optimizer
    for group in optimizer.param_groups:
        group["eps"] = 1e-3  # Adam's own would make a whole step of a gradient that is zero but for rounding
    gradients = []
    optimizer.register_step_pre_hook(
        lambda *_: gradients.extend(parameter.grad.clone() for parameter in run.model.parameters())
    )
    before = [parameter.detach().clone() for parameter in run.model.parameters()]
    (result,) = run.epochs()
    return run, result, before, [each.detach() for each in run.model.parameters()], gradients


@pytest.mark.parametrize("criterion", [None, Weighted((0.2, 1.0, 3.0)), FocalLoss(2.0)])
@pytest.mark.parametrize("backbone", ["test_vit", "test_convnext"])
@pytest.mark.slow
def test_a_split_batch_gives_the_step_of_the_whole(data, backbone, criterion):
    settings = config(
        backbone=backbone, optimizer="adam", batch_size=18, epochs=1, warmup=0, label_smoothing=0.1, cutmix_prob=1
    )
    whole_run, whole, before, weights, gradients = one_step(settings, data, Runtime(), criterion)
    split_run, split, _, split_weights, split_gradients = one_step(
        settings, data, room_for(settings, data, 5), criterion
    )
    assert (whole_run.batch_split, split_run.batch_split) == (1, 4)
    assert split.train_loss == pytest.approx(whole.train_loss, rel=1e-6)
    assert max(float((now - then).abs().max()) for now, then in zip(weights, before, strict=True)) > 1e-3
    for first, second in zip(gradients, split_gradients, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-6)
    for first, second in zip(weights, split_weights, strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=1e-5)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_split_batches_learn_the_same_in_mixed_precision(data, precision):
    settings = config(backbone="test_vit", batch_size=18, epochs=3, precision=precision)
    whole = list(Run(settings, data, Runtime()).epochs())
    run = Run(settings, data, room_for(settings, data, 3))
    split = list(run.epochs())
    assert run.batch_split > 1
    assert [result.train_loss for result in split] == pytest.approx([result.train_loss for result in whole], rel=0.02)


def test_what_a_run_says_of_itself(data):
    norms = {
        backbone: Run(config(backbone=backbone), data, Runtime()).has_batch_norm
        for backbone in ("test_resnet", "test_efficientnet", "test_vit", "test_efficientnet_gn")
    }
    assert norms == {"test_resnet": True, "test_efficientnet": True, "test_vit": False, "test_efficientnet_gn": False}
    settings = config(batch_size=9)
    run = Run(settings, data, room_for(settings, data, 4))
    assert run.batch_split == 1
    next(run.epochs())
    assert run.batch_split == 4  # 9 as 5 + 4 do not fit, as 3 + 2 + 2 + 2 they do


@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit"])
def test_sizes_are_remembered_and_shared(data, tmp_path, backbone):
    settings = config(backbone=backbone, epochs=2, cutmix_prob=0.5)
    runtime = room_for(settings, data, 4, sizes=tmp_path / "deep" / "sizes.json")
    found = make_run(settings, data, runtime)
    assert found.batch_split == 1
    results = finish(found)
    known = make_run(settings, data, runtime)
    # Batches of 6, which were split into twice 3 images.
    assert known.batch_split == found.batch_split == 2
    assert list(json.loads(runtime.sizes.read_text()).values()) == [{"fits": 3, "fails": 6}]
    # Also bit for bit: what a failed attempt drew, and what batch norm saw in it, leaves no trace.
    again = finish(known)
    assert again[0] == results[0]
    assert is_equal(again[1], results[1])
    # Another device is another matter, and so is a larger limit.
    other = runtime.model_copy(update={"memory_limit": 10 * runtime.memory_limit})
    assert make_run(settings, data, other).batch_split == 1


def test_what_other_batches_left_behind_does_not_split_one_that_fits(data, tmp_path):
    settings = config(epochs=1, batch_size=18)
    runtime = room_for(settings, data, 4, sizes=tmp_path / "sizes.json")
    found = make_run(settings, data, runtime)
    finish(found)
    assert found.batch_split == 8  # 18, 9 and 5 images do not fit, 3 do
    known = make_run(settings, data, runtime)
    assert known.batch_split == 8  # as it was found, so that both give the same
    four = make_run(config(epochs=1, batch_size=4), data, runtime)
    finish(four)
    assert four.batch_split == 1
    assert largest_batch(settings, data, runtime) == 4


def test_nothing_is_remembered_where_everything_fits(data, tmp_path):
    runtime = Runtime(sizes=tmp_path / "sizes.json")
    next(Run(config(), data, runtime).epochs())
    assert not runtime.sizes.exists()


@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit"])
def test_a_split_run_is_resumed_bit_for_bit(data, backbone):
    settings = config(backbone=backbone, epochs=3, cutmix_prob=0.5, optimizer="madgrad")
    runtime = room_for(settings, data, 2)
    whole, end = finish(make_run(settings, data, runtime))
    first = make_run(settings, data, runtime)
    next(first.epochs())
    state = through_a_file(first.state_dict())
    resumed = make_run(settings, data, runtime)
    resumed.load_state_dict(state)
    # Of 6 images twice 3 do not fit; batch norm has no use for less than 2 at a time.
    assert resumed.batch_split == first.batch_split == {"test_resnet": 3, "test_vit": 4}[backbone]
    rest, resumed_end = finish(resumed)
    assert rest == whole[1:]
    assert is_equal(resumed_end, end)


@pytest.mark.parametrize(("backbone", "smallest"), [("test_vit", 1), ("test_resnet", 2)])
@pytest.mark.slow
def test_less_than_the_smallest_chunk_does_not_fit(data, backbone, smallest):
    settings = config(backbone=backbone, epochs=1)
    run = make_run(settings, data, room_for(settings, data, smallest))
    next(run.epochs())
    assert run.batch_split == 6 // smallest
    run = make_run(settings, data, Runtime(memory_limit=bytes_kept(settings, data, smallest) // 2))
    words = rf"^{smallest} images? of 32 px at a time do(es)? not fit on cpu, and the batch cannot be split any further"
    with pytest.raises(DoesNotFit, match=words):
        next(run.epochs())


def test_a_statistic_of_the_batch_is_not_split(data, tmp_path):
    settings = config(epochs=1)
    next(Run(settings, data, Runtime(), SoftF1()).epochs())
    runtime = room_for(settings, data, 4, sizes=tmp_path / "sizes.json")
    next(Run(settings, data, runtime).epochs())
    run = Run(settings, data, runtime, SoftF1())
    assert run.batch_split == 1  # though this machine knows a smaller size
    with pytest.raises(DoesNotFit, match=r"6 images .* do not fit on cpu, and SoftF1 needs the whole batch at once"):
        next(run.epochs())


def test_validation_is_halved_and_the_size_kept(data):
    settings = config(backbone="test_vit", epochs=2)
    whole = Run(settings, data, Runtime())
    whole_scores = whole._validate(1)
    run = Run(settings, data, Runtime())
    largest = []
    for module in run.model.modules():
        module.register_forward_hook(lambda _module, _inputs, output: largest.append(output.nbytes))
    assert run._validate(1) == whole_scores
    run = Run(settings, data, Runtime(memory_limit=max(largest) // 2))  # three of the six images
    scores = run._validate(1)
    assert (run.validation_batch, run.steps) == (3, 2)
    assert scores.confusion == whole_scores.confusion
    assert scores.loss == pytest.approx(whole_scores.loss, rel=1e-6)
    run._validate(1)
    assert run.steps == 4
    resumed = Run(settings, data, Runtime())
    resumed.load_state_dict(through_a_file(run.state_dict()))
    assert resumed.validation_batch == 3
    with pytest.raises(DoesNotFit, match="not even one image"):
        Run(settings, data, Runtime(memory_limit=max(largest) // 6 - 1))._validate(1)


def test_all_that_libraries_raise_for_memory_splits(data):
    run = Run(config(backbone="test_vit"), data, Runtime())
    forward = run.model.forward

    def fits_four(images):
        if len(images) > 4:
            raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")
        return forward(images)

    run.model.forward = fits_four
    next(run.epochs())
    assert (run.batch_split, run.validation_batch) == (2, 3)


def test_other_errors_are_raised(data):
    run = Run(config(), data, Runtime())

    def breaks(images):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    run.model.forward = breaks
    with pytest.raises(RuntimeError, match="illegal memory access"):
        next(run.epochs())
    assert run.batch_split == 1


def test_a_step_that_fails_half_way_is_not_done_again(data):
    run = Run(config(), data, Runtime())

    def breaks(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")

    run._step.optimizer.register_step_pre_hook(breaks)
    with pytest.raises(DoesNotFit, match="optimizer's state"):
        next(run.epochs())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("anything"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
            True,
        ),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (ValueError("CUDA out of memory"), False),
    ],
)
def test_what_is_out_of_memory(error, expected):
    assert is_out_of_memory(error) is expected


def test_the_cpus_own_allocator_says_so():
    assert isinstance(try_allocating(lambda: torch.empty(2**60, dtype=torch.uint8)), OutOfMemory)


FAULTS = """
import resource, sys, torch
from trainer.runtime.memory import keep_freed_memory

if sys.argv[1:] == ["keep"]:
    keep_freed_memory()

def step():
    return [torch.ones(size * 2**20, dtype=torch.uint8) for size in (70, 40, 33)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

steps = []
for _ in range(8):
    before = faults()
    step()
    steps.append((faults() - before) * resource.getpagesize() / 2**20)
print(min(steps))  # the heap has gaps that it grows around, and a busy machine may take pages back
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
@pytest.mark.slow
def test_what_a_step_frees_the_next_one_takes_without_asking_the_kernel():
    def faulted(*arguments):
        environment = {**os.environ, "GLIBC_TUNABLES": ""}
        command = [sys.executable, "-c", FAULTS, *arguments]
        return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)

    assert faulted() > 100  # MB of pages, in a step of 143
    assert faulted("keep") < 10


def test_a_failed_attempt_keeps_nothing_alive():
    held = []

    def work():
        tensor = torch.zeros(10)
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("no\nmore")

    gc.disable()  # freed at once, not when the collector comes round
    try:
        assert try_allocating(work) == OutOfMemory("no")
        assert held[0]() is None
    finally:
        gc.enable()


def test_a_limited_step_keeps_nothing_alive(data):
    model = Run(config(backbone="test_vit"), data, Runtime()).model
    held = []
    handles = [
        module.register_forward_hook(lambda _module, _inputs, output: held.append(weakref.ref(output)))
        for module in model.modules()
    ]
    with training_limit(model, 10**9):
        loss = model(torch.zeros(2, 3, 32, 32)).sum()
        loss.backward()
    del loss
    for handle in handles:
        handle.remove()
    gc.collect()
    assert held
    assert all(reference() is None for reference in held)


@pytest.mark.slow
def test_largest_batch(data):
    settings = config(epochs=1, batch_size=2)
    assert largest_batch(settings, data, room_for(settings, data, 8)) == 8
    assert largest_batch(settings, data, room_for(settings, data, 7)) == 4
    assert largest_batch(settings, data, Runtime(memory_limit=10**10)) == 16  # of 18 images


@pytest.mark.slow
def test_largest_batch_refuses(data):
    with pytest.raises(ConfigError, match=r"^batch_size 'largest' needs a GPU or a memory limit; name a number$"):
        largest_batch(config(), data, Runtime())
    with pytest.raises(ConfigError, match="not even 2 images of 32 px fit on cpu with backbone 'test_resnet'"):
        largest_batch(config(), data, Runtime(memory_limit=1000))


def sizes(path, **values):
    return FittingSizes(config(**values), Runtime(sizes=path))


def test_the_file_of_sizes(tmp_path):
    path = tmp_path / "sizes.json"
    assert sizes(path).split(64) == 1
    sizes(path).note(fits=16, fails=32)
    assert [sizes(path).split(batch) for batch in (64, 63, 32, 31, 16)] == [4, 4, 2, 1, 1]  # 31 may fit: it is tried
    for other in ({"backbone": "test_vit"}, {"image_size": 64}, {"precision": "bf16"}):
        assert sizes(path, **other).split(64) == 1
    sizes(path).note(fits=20, fails=40)  # somebody else's batch; 32 has failed before
    assert sizes(path).split(32) == 2
    sizes(path).note(fits=12, fails=24)
    assert [sizes(path).split(batch) for batch in (64, 24, 23)] == [4, 2, 1]
    sizes(path).note(fits=10, fails=20)  # what once fitted does not any more
    assert [sizes(path).split(batch) for batch in (64, 20, 19)] == [4, 2, 1]
    (entry,) = json.loads(path.read_text()).values()
    assert entry == {"fits": 10, "fails": 20}
    sizes(path, precision="bf16").note(fits=0, fails=1)
    assert sizes(path, precision="bf16").split(3) == 3
    assert sizes(path).split(19) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["sizes.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"a": "b"}', b'{"a": {"fits": 2}, "b": {"fits": true, "fails": 2}}']
)
def test_a_damaged_file_of_sizes_counts_as_empty(tmp_path, content):
    path = tmp_path / "sizes.json"
    path.write_bytes(content)
    assert sizes(path).split(64) == 1
    sizes(path).note(fits=16, fails=32)
    assert sizes(path).split(64) == 4
    assert len(json.loads(path.read_text())) == 1


def test_sizes_that_cannot_be_kept_are_lost_without_a_word(tmp_path):
    (tmp_path / "file").write_text("a file where a folder is needed")
    path = tmp_path / "file" / "sizes.json"
    sizes(path).note(fits=16, fails=32)
    assert sizes(path).split(64) == 1
    sizes(None).note(fits=16, fails=32)
    (tmp_path / "folder").mkdir()
    sizes(tmp_path / "folder").note(fits=16, fails=32)  # the rename fails
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_splits_what_does_not_fit(tmp_path):
    device = torch.device("cuda:0")
    large = make_data(per_class=44, size=128)  # 99 images to train on
    settings = config(backbone="test_convnext", image_size=128, batch_size=99, epochs=1)
    # Without cuDNN's search for the fastest kernels, whose trials would be the peak.
    settings = settings.model_copy(update={"deterministic": True})
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    at_rest = torch.cuda.memory_allocated(device)
    whole = Run(settings, large, Runtime(device="cuda:0"))
    list(whole.epochs())
    assert whole.batch_split == 1
    peak = torch.cuda.max_memory_allocated(device) - at_rest
    del whole
    gc.collect()
    torch.cuda.empty_cache()
    # Room for about a third of what the whole batch took, the rest is taken by somebody else.
    limit = torch.cuda.memory_reserved(device) + 64 * 2**20 + peak
    ballast = torch.empty(64 * 2**20 + 2 * peak // 3, dtype=torch.uint8, device=device)
    runtime = Runtime(device="cuda:0", memory_limit=limit, sizes=tmp_path / "sizes.json")
    try:
        run = Run(settings, large, runtime)
        (result,) = run.epochs()
        assert run.batch_split > 1
        assert math.isfinite(result.train_loss)
        assert Run(settings, large, runtime).batch_split > 1
    finally:
        del ballast
        torch.cuda.set_per_process_memory_fraction(1.0, device)
