"""Train as one of several processes, where torchrun started this one so."""

from collections.abc import Sequence
from dataclasses import replace

from placement.config.train_config import TrainConfig
from placement.errors import UsageError
from placement.reporting.results import TrainResult
from placement.runtime import ranks
from placement.runtime.progress import NoProgress, ProgressListener
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
    from placement.training.passes.distributed import join

    if join(config.rank_timeout).rank == 0:
        return train(sources, config, listener)
    silent = replace(config, track=False, log_data=False, out=None, left_out=None, resume=None)
    train(sources, silent)
    return None


def check_shareable(sources: Sequence[str], config: TrainConfig) -> None:
    """Raise UsageError for what only one process can do."""
    if "-" in (*sources, config.test, config.labels):
        raise UsageError("- is read once, and several processes read: save it as a file, name that")
    if config.keep_cache:
        raise UsageError("--keep-cache is for one process: leave it out, or --workers")
