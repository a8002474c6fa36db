"""What the folds say of the configuration that is finalized."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from trainer.data.dataset import Dataset
from trainer.evaluation.assessment import Assessment, assess
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.evaluation.tta import TtaComparison, compare_tta
from trainer.imaging.views import Tta
from trainer.model.heads import create_heads
from trainer.runtime.devices import choose_devices

from search.finalization.out_of_fold import combine_folds
from search.finalization.plan import FinalizePlan, Trained
from search.finalization.retraining_state import RetrainingState
from search.plans import racing
from search.study.study import read_data


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the folds of a configuration say of it.

    Attributes:
        out_of_fold: What their networks said of people whom they had not seen.
        assessment: The figures that follow.
        tta: The views of an image that are predicted.
        tta_f1: What each kind of views was worth; empty where nobody asked.
    """

    out_of_fold: OutOfFold
    assessment: Assessment
    tta: Tta
    tta_f1: dict[Tta, float]


def evaluate(
    plan: FinalizePlan, confirmation: RetrainingState, trained: Trained, message: Callable[[str], None]
) -> Evaluation:
    """Evaluate the chosen configuration by the networks of its folds; may ask them about other views of the images."""
    leader = confirmation.section.leaders.index(plan.leader)
    spec = confirmation.spec.with_data(trained.spec.data.root, trained.spec.data.on_bad_image)
    data = read_data(spec, trained.home)
    out_of_fold = combine_folds(confirmation, leader, trained.folds, data)
    mean = float(confirmation.folds.scores[leader].mean())
    assessment = assess(
        out_of_fold,
        claimed=plan.leader.claimed,
        selection_bias=mean - racing.expected(confirmation.folds.scores, leader),
        seed=spec.study.seed,
    )
    if plan.tta != "auto":
        return Evaluation(out_of_fold, assessment, plan.tta, {})
    found = _tta_payoff(plan, confirmation, trained, data, assessment.temperature, message)
    return Evaluation(out_of_fold, assessment, found.best, found.f1)


def _tta_payoff(
    plan: FinalizePlan,
    confirmation: RetrainingState,
    trained: Trained,
    data: Dataset,
    temperature: float,
    message: Callable[[str], None],
) -> TtaComparison:
    """What views of the held out images are worth; kept with the study, since it takes a while."""
    key = f"views of trial {plan.leader.trial}"
    if (known := confirmation.study.user_attrs.get(key)) is not None:
        return TtaComparison(**known)
    message("asking the networks of the folds about other views of the images that they held out")
    config = confirmation.spec.config(plan.leader.params)
    heads = create_heads(config, len(data.classes), data.factors)
    device = choose_devices(trained.devices)[0]
    found = compare_tta(config, trained.folds, data, heads, device, temperature=temperature)
    confirmation.study.set_user_attr(key, asdict(found))
    return found
