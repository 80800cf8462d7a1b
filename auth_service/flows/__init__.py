"""The story: one file per use case, each opening the stages in the order that a capture travels.

Only flows open transactions, and flows never call flows. Nothing slow happens while a transaction is open.
"""
