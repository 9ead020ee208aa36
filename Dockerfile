FROM python:3.11-slim

# A Hugging Face Space runs as user 1000.
RUN useradd --create-home --uid 1000 user
USER user
ENV PATH=/home/user/.local/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /home/user/playground

COPY --chown=user requirements.txt ./
RUN pip install --user --no-cache-dir -r requirements.txt

COPY --chown=user LICENSE run.py ./
COPY --chown=user app app
COPY --chown=user templates templates
COPY --chown=user static static

# MNIST becomes part of the image, its arrays checked; the address is a folder that holds mnist.npz.
ARG MNIST_ADDRESS=https://storage.googleapis.com/tensorflow/tf-keras-datasets/
RUN python -c "import os; from app.training.datasets import load; load('mnist', train_size=60_000, data_directory=None, offline=False, url=os.environ['MNIST_ADDRESS'])"

ENV DPSGD_HOST=0.0.0.0 DPSGD_PORT=7860
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]

# Two web workers with 120 threads each; the configuration says why, and WEB_CONCURRENCY sets another number.
CMD ["gunicorn", "--config", "python:app.gunicorn_config", "run:app"]
