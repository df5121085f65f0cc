# Two images of one file: `train` has everything (the default), `score` serves a bundle and no more.
#
#   docker build -t placement .
#   docker build -t placement-score --target score .
#
# --build-arg TORCH_INDEX=URL looks for torch there as well (see the README for torch's CPU build).

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt constraints-score.txt ./
COPY placement placement

FROM build AS build-train
ARG TORCH_INDEX=""
RUN python -m venv /venv \
    && /venv/bin/pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
       -c constraints.txt '.[serve,store]'

FROM build AS build-score
# Neither torch nor MLflow: what is listed serves a bundle directory.
RUN python -m venv /venv \
    && /venv/bin/pip install -r constraints-score.txt \
    && /venv/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm AS base
# Folders that volumes are mounted on must be the user's before.
RUN useradd --create-home --uid 10001 placement \
    && install -d -o placement -g placement /artifacts /home/placement/mlruns
USER 10001
WORKDIR /home/placement
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8000
# The server answers for 127.0.0.1 whatever --host says.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v2/health/live', timeout=4)"]
ENTRYPOINT ["placement"]

FROM base AS score
COPY --from=build-score /venv /venv
# Mount a bundle there (what `placement train --out` wrote), and give PLACEMENT_TOKEN.
CMD ["serve", "--model", "/model", "--host", "0.0.0.0"]

FROM base AS train
COPY --from=build-train /venv /venv
CMD ["serve", "--host", "0.0.0.0"]
