"""One head a factor: probabilities, criteria, and whole runs."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn import functional

from tests.support.data_sets import make_factor_data
from tests.support.runs import numbers_of
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig, is_searchable
from trainer.data.competition import FACTORS
from trainer.data.factors import combine
from trainer.errors import ConfigError
from trainer.model.heads import Heads, create_heads
from trainer.model.inference import logits
from trainer.saved_model.network import read_model, write_model
from trainer.support.atomic import staging
from trainer.training.checkpoint import Checkpoint, pack, snapshot, unpack
from trainer.training.losses import PerFactor, create_criterion, soft_targets
from trainer.training.metrics import score
from trainer.training.run import Run, train

COMPETITION = Heads(18, FACTORS)
SOME_CLASSES, SOME_FACTORS = combine(("a", "b"), [("0", "0"), ("0", "1"), ("1", "1"), ("2", "0")])
CPU = torch.device("cpu")


def config(**values):
    base = {"backbone": "test_resnet", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 2, "lr": 3e-3}
    return TrainConfig.model_validate(base | {"heads": "factors"} | values)


@pytest.fixture
def batch():
    """Outputs of three heads, labels of 18 classes, and soft targets as CutMix and smoothing make them."""
    generator = torch.Generator().manual_seed(3)
    labels = torch.randint(0, 18, (40,), generator=generator)
    targets = 0.3 * soft_targets(labels, 18, 0.1) + 0.7 * soft_targets(labels.roll(1), 18, 0.1)
    return torch.randn(40, 8, generator=generator) * 3, labels, targets


def by_hand(outputs):
    """The product of the factors' probabilities, a class after the other."""
    mask, gender, age = (functional.softmax(part.double(), dim=1) for part in outputs.split([3, 2, 3], dim=1))
    return torch.stack([mask[:, c // 6] * gender[:, c // 3 % 2] * age[:, c % 3] for c in range(18)], dim=1)


def test_the_probability_of_a_class_is_the_product_of_its_values(batch):
    probabilities = COMPETITION.scores(batch[0]).softmax(dim=1)
    assert probabilities.shape == (40, 18)
    assert torch.allclose(probabilities.sum(dim=1), torch.ones(40))
    assert torch.allclose(probabilities.double(), by_hand(batch[0]), atol=1e-7)
    for factor, outputs in zip(FACTORS, COMPETITION.split(batch[0]), strict=True):
        marginal = torch.zeros(40, len(factor.values)).index_add(1, torch.tensor(factor.of_class), probabilities)
        assert torch.allclose(marginal, outputs.softmax(dim=1), atol=1e-6)


def test_where_some_combinations_are_no_classes_the_others_share_the_rest():
    heads = Heads(4, SOME_FACTORS)
    outputs = torch.randn(7, heads.outputs, generator=torch.Generator().manual_seed(0))
    a, b = (part.softmax(dim=1) for part in heads.split(outputs))
    pairs = [tuple(map(int, name.split("/"))) for name in SOME_CLASSES]
    products = torch.stack([a[:, i] * b[:, j] for i, j in pairs], dim=1)
    expected = products / products.sum(dim=1, keepdim=True)
    assert torch.allclose(heads.scores(outputs).softmax(dim=1), expected, atol=1e-6)


def test_an_output_a_class_stays_what_it_is(batch):
    heads = create_heads(config(heads="classes"), 8, FACTORS)
    assert heads.outputs == 8
    assert heads.scores(batch[0]) is batch[0]


def test_scores_of_half_precision_are_computed_in_single(batch):
    halves = batch[0].bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = COMPETITION.scores(halves)
    assert scores.dtype == torch.float32
    assert torch.equal(scores, COMPETITION.scores(halves.float()))


def hand_written(outputs, labels, shares=(1.0, 1.0, 1.0)):
    """Three cross-entropies, as one writes them for three heads."""
    mask, gender, age = outputs.split([3, 2, 3], dim=1)
    losses = (
        functional.cross_entropy(mask, labels // 6),
        functional.cross_entropy(gender, labels // 3 % 2),
        functional.cross_entropy(age, labels % 3),
    )
    return float(sum(share * loss for share, loss in zip(shares, losses, strict=True)) / sum(shares))


def mean(criterion, outputs, targets):
    return float(criterion.total(outputs, targets) / criterion.weight(targets))


def criterion_of(counts=(7, 3, 9) * 6, **values):
    return create_criterion(config(**values), counts, CPU, COMPETITION)


def test_the_criterion_is_the_cross_entropy_of_each_factor(batch):
    outputs, labels, _ = batch
    targets = soft_targets(labels, 18)
    assert mean(criterion_of(), outputs, targets) == pytest.approx(hand_written(outputs, labels), rel=1e-6)
    weighted = criterion_of(factor_weights={"age": 2.5, "mask": 0.5})
    expected = hand_written(outputs, labels, (0.5, 1.0, 2.5))
    assert mean(weighted, outputs, targets) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "symmetric", "soft_f1"])
@pytest.mark.parametrize("weights", ["none", "inverse"])
def test_every_loss_is_that_of_each_factor(batch, loss, weights):
    """The same criterion with an output a class, of each factor by itself on its own labels and images."""
    outputs, _, targets = batch
    counts = np.arange(1, 19)
    gamma = {"focal_gamma": 2.0} if loss == "focal" else {}
    settings = config(loss=loss, class_weights=weights, factor_weights={"gender": 3.0}, **gamma)
    whole = create_criterion(settings, counts, CPU, COMPETITION)
    total = weight = 0.0
    for factor, share, part in zip(FACTORS, (1.0, 3.0, 1.0), COMPETITION.split(outputs), strict=True):
        of_class = np.array(factor.of_class)
        images = [int(counts[of_class == value].sum()) for value in range(len(factor.values))]
        alone = create_criterion(settings, images, CPU)
        summed = torch.stack([targets[:, of_class == value].sum(dim=1) for value in range(len(images))], dim=1)
        total += share * float(alone.total(part, summed))
        weight += share * float(alone.weight(summed))
    assert mean(whole, outputs, targets) == pytest.approx(total / weight, rel=1e-5)


@pytest.mark.parametrize("values", [{}, {"class_weights": "inverse"}, {"focal_gamma": 2.0, "label_smoothing": 0.1}])
def test_the_totals_of_parts_add_up(batch, values):
    outputs, _, targets = batch
    criterion = criterion_of(factor_weights={"mask": 0.3}, **values)
    rows = (slice(0, 7), slice(7, 8), slice(8, 40))
    assert criterion.splittable
    assert float(sum(criterion.total(outputs[each], targets[each]) for each in rows)) == pytest.approx(
        float(criterion.total(outputs, targets)), rel=1e-6
    )
    assert float(sum(criterion.weight(targets[each]) for each in rows)) == pytest.approx(
        float(criterion.weight(targets)), rel=1e-6
    )


def test_a_mixture_with_a_statistic_of_the_batch_cannot_be_split(batch):
    outputs, _, targets = batch
    mixed = criterion_of(second_loss="soft_f1", second_loss_share=0.25)
    parts = [mean(criterion_of(loss=loss), outputs, targets) for loss in ("focal", "soft_f1")]
    assert not mixed.splittable
    assert mean(mixed, outputs, targets) == pytest.approx(0.75 * parts[0] + 0.25 * parts[1], rel=1e-6)


def test_heads_need_factors_and_weights_their_names():
    with pytest.raises(ConfigError, match="heads = 'factors' needs a label of several factors"):
        create_heads(config(), 3, ())
    with pytest.raises(ConfigError, match=r"factor_weights names 'agee': .* did you mean 'age'\?"):
        create_heads(config(factor_weights={"agee": 2.0}), 18, FACTORS)
    with pytest.raises(ConfigError, match="needs a label of several factors"):
        Run(config(), dataclasses.replace(make_factor_data(), factors=()), Runtime())


def test_the_f1_of_a_factor_is_scikit_learns():
    rng = np.random.default_rng(2)
    truth, predicted = rng.integers(0, 12, (2, 60))  # nobody wears nothing, neither in truth nor by prediction
    scores = score(truth, predicted, 18, 0.0, FACTORS)
    for factor, f1 in zip(FACTORS, scores.factor_f1, strict=True):
        values, labels = np.array(factor.of_class), range(len(factor.values))
        expected = f1_score(values[truth], values[predicted], labels=labels, average="macro", zero_division=0)
        assert f1 == pytest.approx(expected)
    assert score(truth, predicted, 18, 0.0).factor_f1 == ()


@pytest.fixture(scope="module")
def data():
    return make_factor_data()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_heads_learn(precision):
    everything = make_factor_data(held_out=0)
    everything = dataclasses.replace(everything, validation=everything.train)
    results = list(train(config(epochs=25, augment="none", precision=precision), everything, Runtime()))
    best = max(results, key=lambda result: result.validation.f1).validation
    assert best.f1 > 0.9
    assert min(best.factor_f1) > 0.9
    assert len(best.per_class_f1) == 6


def test_the_validation_loss_is_that_of_the_classes(data):
    run = Run(config(epochs=1), data, Runtime())
    (result,) = run.epochs()
    output = logits(run.model, run.normalization, [torch.from_numpy(data.images[data.validation])], CPU, "fp32")
    assert output.shape == (len(data.validation), 5)
    place, colour = (part.log_softmax(dim=1) for part in output.split([3, 2], dim=1))
    truth = torch.from_numpy(data.labels[data.validation])
    rows = torch.arange(len(truth))
    expected = -(place[rows, truth // 2] + colour[rows, truth % 2]).mean()
    assert result.validation.loss == pytest.approx(float(expected), rel=1e-5)
    predicted = 2 * place.argmax(dim=1) + colour.argmax(dim=1)
    assert result.validation.accuracy == pytest.approx(float((predicted == truth).float().mean()))


def test_a_run_goes_on_bit_for_bit(data):
    settings = config(epochs=4, cutmix_prob=0.5, mixup_prob=0.5, label_smoothing=0.1, class_weights="inverse")
    whole = numbers_of(train(settings, data, Runtime()))
    assert numbers_of(train(settings, data, Runtime(loader_workers=1))) == whole
    first = Run(settings, data, Runtime())
    epochs = first.epochs()
    part = numbers_of([next(epochs), next(epochs)])
    identity = {"run": 1}
    point = Checkpoint(run=identity, attempt=1, epoch=2, notes={}, state=snapshot(first.state_dict())())
    second = Run(settings, data, Runtime())
    second.load_state_dict(unpack(pack(point), identity).state)
    assert part + numbers_of(second.epochs()) == whole


def test_a_batch_that_is_split_gives_the_same_step(data):
    """A network without batch norm, with weights that differ by factor and class, whole and in three parts."""
    values = {"class_weights": "inverse", "factor_weights": {"colour": 3.0}, "backbone": "test_vit", "augment": "none"}
    losses = []
    for split in (1, 3):
        run = Run(config(epochs=1, **values), data, Runtime())
        assert isinstance(run._criterion, PerFactor)
        run._step.split = split
        losses += [result.train_loss for result in run.epochs()]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_the_model_folder_predicts_the_same(data, tmp_path):
    run = Run(config(epochs=1), data, Runtime())
    list(run.epochs())
    with staging(tmp_path / "m") as place:
        write_model(
            place,
            run.model,
            run.config,
            classes=data.classes,
            normalization=run.normalization,
            epochs=1,
            origin={},
            factors=data.factors,
        )
    network, info = read_model(tmp_path / "m")
    batch = [torch.from_numpy(data.images[:9])]
    before, after = (
        heads.scores(logits(model, normalise, batch, CPU, "fp32"))
        for heads, model, normalise in (
            (run.heads, run.model, run.normalization),
            (info.heads, network, info.normalization),
        )
    )
    assert after.shape == (9, 6)
    assert torch.equal(before, after)


def test_classes_and_factors_are_both_searchable_and_have_outputs_of_their_own(data):
    runs = {heads: Run(config(heads=heads), data, Runtime()) for heads in ("classes", "factors")}
    outputs = {heads: run.model.get_classifier().out_features for heads, run in runs.items()}
    assert outputs == {"classes": 6, "factors": 5}
    assert is_searchable("heads")
    assert not is_searchable("factor_weights")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_heads_learn_on_cuda(precision):
    everything = make_factor_data(held_out=0)
    everything = dataclasses.replace(everything, validation=everything.train)
    settings = config(epochs=25, augment="none", precision=precision, cutmix_prob=0.2, class_weights="inverse")
    results = train(settings, everything, Runtime(device="cuda:0", loader_workers=1))
    assert max(result.validation.f1 for result in results) > 0.9
