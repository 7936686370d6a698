"""Unit tests are pure, integration tests use a real database, acceptance tests look from outside."""
