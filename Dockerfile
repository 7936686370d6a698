# The image of every maac-sim process: `docker run IMAGE` is the embedded simulator, compose.yaml the scaled one.

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /venv
# Dependencies come first and alone, so that a change of code does not install them again.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*project['dependencies'], *project['optional-dependencies']['server'], sep='\n')" > /requirements.txt \
    && /venv/bin/pip install --only-binary :all: -c constraints.txt -r /requirements.txt
COPY . .
RUN /venv/bin/pip install -c constraints.txt '.[server]'

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MAAC_SIM_HOST=0.0.0.0 \
    MAAC_SIM_PORT=8622 \
    MAAC_SIM_DATA=/data
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin maac-sim \
    && install -d -o maac-sim -m 700 /data
COPY --from=build /venv /venv
WORKDIR /data
USER maac-sim
VOLUME /data
EXPOSE 8622
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as http; http.build_opener(http.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['MAAC_SIM_PORT'] + '/livez', timeout=4)"]
ENTRYPOINT ["maac-sim"]
CMD ["run"]
