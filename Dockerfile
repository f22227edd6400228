# predict and serve, without TensorFlow: see docs/serving.md.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS built
COPY . /source
WORKDIR /source
# What stands below the line is for evaluate, fetch and figures.
RUN sed '/^# From here on/,$d' requirements-predict.txt > /predict.txt \
    && python -m venv --without-pip /mnistcli \
    && pip --python /mnistcli install --no-cache-dir --no-compile -r /predict.txt \
    && pip --python /mnistcli install --no-cache-dir --no-compile --no-deps .

FROM python:${PYTHON}-slim
COPY --from=built /mnistcli /mnistcli
ENV PATH=/mnistcli/bin:$PATH MNISTCLI_RUNS_DIR=/runs PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
WORKDIR /runs
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["mnistcli"]
CMD ["serve", "--host", "0.0.0.0"]
