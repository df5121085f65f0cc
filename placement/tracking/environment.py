"""How MLflow is brought in: settings in the environment first, then the import.

Everything here is a default: a variable that the user has set stays as it is.
"""

import os
import warnings

TIMEOUT_VARIABLE = "MLFLOW_HTTP_REQUEST_TIMEOUT"

DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Without it, explicit requirements are tried with `pip install --dry-run` over the network.
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    # Otherwise a uv.lock of the current directory ends up in the model.
    "MLFLOW_LOG_UV_FILES": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
    # "View run at ..." goes to standard output, which belongs to --json.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # MLflow logs the trace of every database error that it also raises.
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    # A bar of its own for each file that is fetched, on top of ours.
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    # MLflow's own defaults keep asking a dead server for four minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    # A server that many trainings ask at once may be slow; one that is down is found out before.
    TIMEOUT_VARIABLE: "60",
}


def prepare_environment() -> None:
    """Set the defaults; must run before the first import of mlflow, and may run again."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


def users_timeout() -> float | None:
    """The seconds that the user wants to wait for a tracking server, where they said so."""
    seconds = os.environ.get(TIMEOUT_VARIABLE, "")
    if seconds == DEFAULTS[TIMEOUT_VARIABLE]:  # ours
        return None
    return float(seconds) if seconds.isdecimal() and int(seconds) else None


def environment_of_server() -> dict[str, str]:
    """The environment for MLflow's own server: ours without the silence."""
    prepare_environment()
    environment = dict(os.environ)
    if environment["MLFLOW_LOGGING_LEVEL"] == DEFAULTS["MLFLOW_LOGGING_LEVEL"]:
        environment["MLFLOW_LOGGING_LEVEL"] = "WARNING"
    environment.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    return environment


def unwarned() -> "warnings.catch_warnings[None]":
    """Keep MLflow's and SQLAlchemy's warnings about each other to themselves."""
    return warnings.catch_warnings(action="ignore")
