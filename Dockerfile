# The bot with all that it needs, built-in model included: no user root, and nothing to write but /data and /tmp.
#   docker compose up --build

FROM python:3.12-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv
# The CPU build of torch: the ordinary wheel for Linux brings gigabytes of CUDA.
RUN /venv/bin/pip install --index-url https://download.pytorch.org/whl/cpu "$(grep '^torch==' requirements.txt)" \
    && /venv/bin/pip install -r requirements.txt \
    && /venv/bin/python -m compileall -q /venv/lib

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin verbatim \
    && install -d -o verbatim -g verbatim -m 0700 /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY index/ index/
COPY bot/ bot/
COPY corpus/ /corpus/
RUN /venv/bin/python -m compileall -q index bot
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CORPUS_DIR=/corpus \
    DATA_DIR=/data \
    HF_HOME=/data/hub \
    METRICS_PORT=9464
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
# The first start builds the index; a large corpus takes its minutes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"METRICS_PORT\"]}/healthz', timeout=4)"]
CMD ["python", "-m", "bot"]
