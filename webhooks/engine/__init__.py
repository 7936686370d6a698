"""The delivery engine: pure Python that signs and sends requests and decides on retries; no Django, no database."""
