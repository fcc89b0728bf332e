# An example that has not been run: the image of client, scheduler and workers. From the root of a checkout:
# docker build --file docs/examples/dask.Dockerfile --tag statline-dask .
FROM python:3.11-slim
WORKDIR /statline
COPY requirements/run.txt requirements/cluster.txt requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/run.txt --requirement requirements/cluster.txt
COPY pyproject.toml app.py ./
COPY chalicelib chalicelib
COPY local local
COPY data data
COPY .chalice .chalice
ENV PYTHONPATH=/statline
RUN useradd --system statline
USER statline
