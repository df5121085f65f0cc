"""Which model is served now, and the taking over of another when an alias moves.

A store is asked from a process of its own: it needs MLflow, whose import and whose waiting for
disks and servers would be felt by every request. A request takes `current` once; the model behind
it never changes, another takes its place.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from placement.errors import ModelError, PlacementError
from placement.runtime.worker_process import ProcessWorker
from placement.serving.errors import Refused
from placement.serving.scoring.served_model import ServedModel, load_model
from placement.serving.settings import ServerSettings
from placement.tracking.lookup import ResolvedModel, bundle_directory, resolve
from placement.tracking.store import Store, open_store

Key = tuple[object, ...]
Report = Callable[..., None]


class ModelFinder:
    """Looks models up in the store; runs in a process beside the server."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def warm_up(self) -> None:
        """Import MLflow before the first question."""
        from placement.tracking.store import import_mlflow

        import_mlflow()

    def terminate(self) -> None:
        """What was downloaded goes with the folder of this process."""

    def find(self, model: str) -> ResolvedModel:
        """Find a model by its name in the store."""
        if bundle_directory(model) is None and not (self._store and self._store.exists):
            self._store = open_store(create=False)  # once: opening costs more than the question
        return resolve(model, self._store)


class ModelHolder:
    """Holds the model that is served; `report` is told of each change and of each failure."""

    def __init__(self, settings: ServerSettings, report: Report) -> None:
        self._settings, self._report = settings, report
        self._finder: ProcessWorker[ModelFinder] | None = None
        self._key: Key | None = None
        self._follower: asyncio.Task[None] | None = None
        self._last_failure = ""
        self.current: ServedModel | None = None

    @property
    def model(self) -> ServedModel:
        """The model to answer with; refuses where there is none yet."""
        if self.current is None:
            raise Refused(503, "no model is served yet: train one, or promote one to champion")
        return self.current

    async def start(self) -> None:
        """Load the model and follow it from now on; does nothing where that was done."""
        if self._follower is not None:
            return
        try:
            await self.refresh()
        except ModelError as problem:
            if not self._settings.may_lack_model:
                await self.stop()
                raise
            self._report("no_model", reason=str(problem))
        self._follower = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow no longer, and end the process that asks the store."""
        if self._follower is not None:
            self._follower.cancel()
            self._follower = None
        if self._finder is not None:
            finder, self._finder = self._finder, None
            await asyncio.to_thread(finder.close)

    async def refresh(self) -> None:
        """Look the model up, and take over another one."""
        directory = bundle_directory(self._settings.model)
        found = (
            ResolvedModel(directory) if directory else await self._of_store(self._settings.model)
        )
        key = _identity(found)
        if key == self._key:
            return
        model = await asyncio.to_thread(load_model, found)
        self.current, self._key = model, key  # whoever took the former one answers with it
        self._report("model", model=model.label, digest=model.digest)

    async def find(self, model: str) -> ServedModel:
        """Load another model of the store, to be looked at beside the one that is served."""
        return await asyncio.to_thread(load_model, await self._of_store(model))

    async def _of_store(self, model: str) -> ResolvedModel:
        if self._finder is None:
            self._finder = await asyncio.to_thread(ProcessWorker, ModelFinder)
        try:
            found = self._finder.submit(ModelFinder.find, model)
            return await asyncio.wrap_future(found)
        except RuntimeError:  # the process is gone: another is started next time
            self._finder = None
            raise

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._settings.poll)
            try:
                await self.refresh()
                self._last_failure = ""
            except (PlacementError, OSError, RuntimeError) as problem:
                if str(problem) != self._last_failure:
                    self._last_failure = str(problem)
                    self._report("model_not_found", level="warning", reason=str(problem))


def _identity(found: ResolvedModel) -> Key:
    """What differs where another model is found under the same name."""
    if found.version is not None or found.run_id is not None:
        return (found.uri,)
    from placement.model.scorer import DOCUMENT

    status = Path(found.path, DOCUMENT).stat()
    return (found.path, status.st_ino, status.st_mtime_ns)
