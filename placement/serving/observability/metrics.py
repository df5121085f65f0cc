"""Figures for Prometheus, by route: how many requests, how long, how many rows, which model."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from placement.serving.scoring.served_model import ServedModel

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Metrics:
    """The figures of one application; another one in this process has its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "placement_requests", "Requests by route and status.", ("route", "method", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "placement_request_seconds", "Time to answer.", ("route",),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._rows = Counter("placement_rows", "Rows scored.", registry=self._registry)
        self._model = Gauge(
            "placement_model", "1 for the model that is served.", ("name", "version", "digest"),
            registry=self._registry,
        )  # fmt: skip
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        key = (route, method, status)
        children = self._children.get(key)
        if children is None:
            count = self._requests.labels(route, method, str(status))
            children = self._children[key] = (count, self._seconds.labels(route))
        children[0].inc()
        children[1].observe(seconds)

    def rows(self, rows: int) -> None:
        """Count rows that were scored."""
        self._rows.inc(rows)

    def model(self, model: ServedModel) -> None:
        """Say which model is served."""
        self._model.clear()
        self._model.labels(model.name, model.version, model.digest).set(1)

    def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        text: bytes = generate_latest(self._registry)
        return text
