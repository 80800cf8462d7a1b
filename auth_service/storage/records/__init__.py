"""What a unit reads and writes, one file per subject. Each class works inside the transaction that it was given."""
