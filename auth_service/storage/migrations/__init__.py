"""Steps from one schema to the next: dated, in order, never edited after a release (expand, backfill, enforce)."""
