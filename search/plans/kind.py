"""The one place that chooses what kind a study is."""

from search.config.study_spec import StudySpec
from search.plans.ablation import Ablation
from search.plans.retraining import Retraining
from search.plans.search import Search
from search.plans.study_kind import StudyKind


def kind_of(spec: StudySpec) -> StudyKind:
    """The kind of a study."""
    if spec.ablation is not None:
        return Ablation(spec, spec.ablation)
    if spec.retraining is not None:
        return Retraining(spec, spec.retraining)
    return Search(spec)
