# Afterdesk's programs, one image for all: `docker compose up -d` (docs/installing.md). The settings
# come from the environment when a container starts; the image holds no secret.
FROM python:3.11-slim AS build
WORKDIR /srv/afterdesk
RUN apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends make
# The packages that `make run` installs, by the same pins.
COPY Makefile constraints*.txt ./
RUN make .venv/runtime
# Extras of pyproject.toml, as "traces".
ARG EXTRAS=""
RUN for extra in $EXTRAS; do .venv/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r "constraints-$extra.txt" || exit 1; done
COPY . .
RUN .venv/bin/python -m config.translations compile
# A production start wants these three; nothing is connected, and they stay in this layer.
RUN SECRET_KEY="$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))')" DATABASE_URL=postgresql://nobody@nowhere/none ALLOWED_HOSTS=localhost .venv/bin/python manage.py collectstatic --noinput --verbosity 0
RUN .venv/bin/python -m pip uninstall --quiet --yes pip setuptools

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/afterdesk --shell /usr/sbin/nologin afterdesk
WORKDIR /srv/afterdesk
COPY --from=build /srv/afterdesk .
RUN install --directory --owner=afterdesk --group=afterdesk --mode=0700 var /var/backups/afterdesk
USER afterdesk
ENV HOST=0.0.0.0 PORT=8000 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD [".venv/bin/python", "-m", "config.ready"]
CMD [".venv/bin/python", "-m", "config.run", "web"]
