# Debian's release and Python's minor version are named; their fixes come with `docker compose build --pull`.
FROM python:3.12-slim-trixie

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app

# pg_dump and pg_restore, for backups of a hub on PostgreSQL. Debian keeps but the newest version, which is wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

# Wheels alone, which are there for amd64 and arm64 (make wheels): nothing is built, so no compiler is needed.
COPY requirements.txt requirements-s3.txt constraints.txt ./
RUN pip install --only-binary=:all: -r requirements.txt -r requirements-s3.txt

# Whatever user runs it may read the code, however it was checked out, and none may write to it.
COPY . .
RUN chmod -R u=rwX,go=rX . && python -m compileall -q .

# A new volume takes over the folder's owner and rights.
RUN useradd --uid 1000 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin hub \
    && install --directory --owner=hub --group=hub --mode=700 /data
USER 1000:1000

ENV HOST=0.0.0.0 PORT=3100 DATA_DIR=/data ENV_FILE=/data/.env
EXPOSE 3100
VOLUME /data
# Bringing the tables of a large hub up to date may take a while after an upgrade.
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m CMD ["python", "-m", "hub.healthcheck"]
CMD ["python", "-m", "hub.start"]
