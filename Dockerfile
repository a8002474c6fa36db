# One image for every service of docker-compose.yml. The classic builder will do, and so will BuildKit.
#
#   docker build -t studyhall .                                                                    CPU
#   docker build -t studyhall --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 .     CUDA
#
# `--build-arg COMMIT=$(git rev-parse --short=12 HEAD)` lets studies and models name the commit of their code.
# Every dependency is a wheel, so nothing is compiled and one stage leaves nothing behind.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim

ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /app

# The largest and slowest first: it changes only with the versions in the lock.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements.lock ./
RUN pip install --quiet --constraint requirements.lock --extra-index-url "${TORCH_INDEX}" torch torchvision

# The other dependencies, before the code: empty packages stand in for it, and the entry points find it in /app later.
ARG EXTRAS=search,s3,onnx
COPY pyproject.toml ./
RUN mkdir search studyhall trainer && touch search/__init__.py studyhall/__init__.py trainer/__init__.py README.md LICENSE \
    && pip install --quiet --constraint requirements.lock --editable ".[${EXTRAS}]"

# What is written lies below STUDY_HOME, /app/models and /tmp; all else may be read-only, and any user id will do.
RUN useradd --uid 1000 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin studyhall \
    && install -d -o studyhall -g studyhall /var/lib/studyhall /app/models
ENV HOME=/tmp USER=studyhall STUDY_HOME=/var/lib/studyhall HF_HOME=/var/lib/studyhall/huggingface \
    STUDY_PULSE=/tmp/pulse NO_ALBUMENTATIONS_UPDATE=1 MPLCONFIGDIR=/tmp/matplotlib

COPY README.md LICENSE ./
COPY studies studies
COPY trainer trainer
COPY search search
COPY studyhall studyhall
# Last, since it changes with each commit.
ARG COMMIT=
RUN echo "${COMMIT}" > trainer/COMMIT && python -m compileall -q search studyhall trainer

LABEL org.opencontainers.image.title="studyhall" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.description="Hyperparameter search for image classifiers: Optuna workers that share one study in PostgreSQL" \
      org.opencontainers.image.licenses="MIT"
USER studyhall
# Hands trials back; the grace period must be longer than the ten seconds that may take.
STOPSIGNAL SIGTERM
# `search work` touches the file every few seconds; other commands have none, and are healthy while they run.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m CMD test -z "$(find "$STUDY_PULSE" -mmin +2 2>/dev/null)"
CMD ["search", "--help"]
