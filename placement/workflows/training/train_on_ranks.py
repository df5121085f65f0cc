"""Train as one of several processes, where torchrun started this one so."""

from collections.abc import Sequence
from dataclasses import replace

from placement.config.train_config import TrainConfig
from placement.errors import UsageError
from placement.reporting.results import TrainResult
from placement.runtime import ranks
from placement.runtime.background_import import without_collecting
from placement.runtime.progress import NoProgress, ProgressListener
from placement.training.launch import check_shareable
from placement.workflows.training.train import train


def train_on_ranks(
    sources: Sequence[str], config: TrainConfig, listener: ProgressListener = NoProgress()
) -> TrainResult | None:
    """Train on some files, with the other ranks; None on all but the first, which alone records.

    Raises RankLost where another one is gone.
    """
    if config.workers not in (1, ranks.started()):
        raise UsageError("--workers: torchrun has started the processes already; leave it out")
    check_shareable(sources, config)
    with without_collecting():
        from placement.training.passes.distributed import join

    if join(config.rank_timeout).rank == 0:
        return train(sources, config, listener)
    silent = replace(config, track=False, log_data=False, out=None, left_out=None, resume=None)
    train(sources, silent)
    return None
