FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt requirements-s3.txt constraints.txt ./
RUN pip install -r requirements.txt -r requirements-s3.txt

COPY . .
RUN useradd --system --uid 1000 --create-home hub && mkdir /data && chown hub /data
USER hub

ENV HOST=0.0.0.0 DATA_DIR=/data
EXPOSE 3100
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
    ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 3100)}/health', timeout=4)"]
CMD ["python", "-m", "hub.start"]
