"""Self-service terminals that banks keep: their page, and what they send, signed by a key of their own."""
