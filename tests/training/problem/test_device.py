import pytest
import torch

from placement.config.train_config import TrainConfig
from placement.errors import UsageError
from placement.training import fit
from placement.training.problem.device import AUTO_CELLS, check_device, device_for

without_card = pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
with_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@without_card
def test_a_card_that_is_not_there_is_wrong_usage_in_torchs_words():
    with pytest.raises(UsageError, match=r"--device cuda: torch \S+ says: \w+.*; leave the option"):
        check_device("cuda")
    check_device("auto")


@without_card
def test_fit_asks_for_a_card_before_it_reads_a_file():
    with pytest.raises(UsageError, match="--device cuda"):
        fit.fit("no such file.csv", TrainConfig(device="cuda"))


@without_card
def test_auto_is_the_processor_where_there_is_no_card():
    assert device_for("auto", AUTO_CELLS) == torch.device("cpu")


@with_card
def test_auto_takes_a_card_for_a_large_table_alone(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert device_for("auto", AUTO_CELLS) == torch.device("cuda", 0)
    assert device_for("auto", AUTO_CELLS - 1) == torch.device("cpu")
    assert device_for("cpu", AUTO_CELLS) == torch.device("cpu")
    assert device_for("cuda", 1) == torch.device("cuda", 0)
