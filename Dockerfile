# syntax=docker/dockerfile:1
# Weights are downloaded into the volume at the first start, or baked in with:  docker build --build-arg BAKE_WEIGHTS=1 .
FROM python:3.12-slim AS build

WORKDIR /src
RUN python -m venv /opt/starling
COPY constraints.txt ./
# Exactly these versions, each matching one of the hashes listed there; `make constraints` regenerates the file.
RUN /opt/starling/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY extensions ./extensions
COPY audio ./audio
RUN /opt/starling/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim

ARG BAKE_WEIGHTS=0
ENV PATH=/opt/starling/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_FOLDER=/var/lib/starling/data \
    MODELS_FOLDER=/var/lib/starling/models \
    SANDBOX_HOST=0.0.0.0 \
    SANDBOX_AUTOSTART=false

# The embedded chat model's engine is linked against libgomp, which no wheel includes.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/starling --create-home starling && \
    install --directory --owner=starling --mode=0700 /backups
COPY --from=build /opt/starling /opt/starling
USER 10001
WORKDIR /var/lib/starling
RUN if [ "$BAKE_WEIGHTS" = 1 ]; then starling models fetch; fi

VOLUME /var/lib/starling
EXPOSE 8190 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m --retries=3 CMD ["starling", "health"]
ENTRYPOINT ["starling"]
CMD ["run", "--fetch"]
