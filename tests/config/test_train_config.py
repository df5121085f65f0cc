import pytest

from placement.config.train_config import TrainConfig
from placement.errors import UsageError


def test_what_is_shown_is_what_differs_from_the_defaults():
    assert repr(TrainConfig()) == "TrainConfig()"
    assert repr(TrainConfig(l2=2.0, drop=("cgpa",))) == "TrainConfig(drop=('cgpa',), l2=2.0)"


@pytest.mark.parametrize("value", ["much", (1.0,), -1.0])
def test_a_number_must_be_one(value):
    with pytest.raises(UsageError, match=r"--l2 .*: must be a finite number of 0 or more"):
        TrainConfig(l2=value)
