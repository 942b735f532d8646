# One image for every process of the portal; compose.yaml says which command each one runs.
ARG PYTHON=3.13
ARG POSTGRES=18

FROM python:${PYTHON}-slim AS wheels
COPY requirements.lock .
RUN python -m venv /opt/portal \
 && /opt/portal/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock

FROM python:${PYTHON}-slim
ARG POSTGRES
# pg_dump and pg_restore of the server's version, for manage.py backup and restore
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install --yes --no-install-recommends postgresql-client-${POSTGRES} \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin portal \
 && install -d -o portal -g portal -m 0700 /data /image-keys /erasures
COPY --from=wheels /opt/portal /opt/portal
COPY . /srv/portal
WORKDIR /srv/portal
ENV PATH=/opt/portal/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=alpr_portal.settings \
    ENVIRONMENT=production \
    DATA_DIR=/data \
    TMPDIR=/run/portal
RUN python -m compileall -q /srv/portal
USER portal
VOLUME /data
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "alpr_portal.wsgi:application"]
