"""What MAAC sends, pure Python: topics, payload schemas and samples, serialisation, headers, signature, retry rule."""
