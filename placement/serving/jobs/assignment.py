"""What the worker tells the process of a job, on its command line."""

import json
import sys
from dataclasses import asdict, dataclass

NOT_BEGUN = 75  # the exit code where somebody else has the job
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from placement.serving.jobs.process import main; main(sys.argv[2])"
)


@dataclass(frozen=True)
class Assignment:
    """Which run of which queue a process is to see to; `memory` in bytes, None for no bound."""

    folder: str
    queue: str
    job: str
    run_id: str
    memory: int | None

    @property
    def command(self) -> list[str]:
        """The command line of the process."""
        return [sys.executable, "-c", _START, json.dumps(sys.path), json.dumps(asdict(self))]
