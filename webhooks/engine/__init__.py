"""The delivery engine: pure Python that signs, sends and judges; it knows neither Django nor the database."""
